/// The loop itself, on its thread: turns readiness into events for the state machine, and its actions into calls.
/// Everything here is of one thread; what is shared is in `LoopControl` and `SessionSignals`.
final class LoopRunner {
    let configuration: NATSConfiguration
    let endpoints: [Endpoint]
    let control: LoopControl
    let onEvent: EventLoop.EventSink
    let context: LoopContext
    let port: ReplyPort
    let serverErrors: UInt
    private let handler: any RequestHandler
    var machine: ConnectionStateMachine
    var poller: Poller
    var session: NATSSession?
    var sessionsStarted: UInt64 = 0
    let firstServer: Int
    private var spent = SpentMessages()
    private var isFinished = false
    private var servingWished: Bool
    private var drainDeadline: UInt64?
    /// A TLS write that did not fit is tried again then.
    private var writesAgainAt: UInt64?
    /// A TLS record that is not whole is looked at again then.
    private var readsAgainAt: UInt64?
    private static let recordsPerTurn = 64
    private static let retryNanoseconds: UInt64 = 1_000_000

    init(
        configuration: NATSConfiguration, endpoints: [Endpoint], index: Int, serving: Bool, control: LoopControl,
        onEvent: @escaping EventLoop.EventSink, makeHandler: EventLoop.HandlerFactory
    ) throws(TransportError) {
        self.configuration = configuration
        self.endpoints = endpoints
        self.control = control
        self.onEvent = onEvent
        servingWished = serving
        poller = try Poller(wake: control.wakeDescriptor.raw)
        port = ReplyPort(limits: configuration.limits)
        machine = ConnectionStateMachine(
            limits: configuration.limits, servingWished: serving, seed: .random(in: 0...(.max)))
        firstServer = .random(in: 0..<configuration.servers.count)
        context = LoopContext(index: index, handle: EventLoop.Handle(control: control), now: monotonicNanoseconds())
        serverErrors = ServerErrors.register { onEvent(.serverError($0)) }
        handler = makeHandler(context)
    }

    deinit {
        ServerErrors.remove(serverErrors)
    }

    func run() {
        handle(.started)
        // The blocking connects are turns of their own: wishes and wakes are seen between them.
        while !isFinished {
            turn()
        }
        port.close()
        session = nil
        // What is still owed now will not be sent.
        port.counts.unanswered += port.owedReplies
        control.statistics.publish(port.counts)
        onEvent(.closed(machine.outcome))
        control.publishClosed(machine.outcome)
    }

    private func turn() {
        // What the last turn's end has put into the buffer: an echo, the first lines of a session.
        if session?.needsWrite == true && writesAgainAt == nil { writeSession() }
        let readiness = poller.wait(nanoseconds: patience(), session: session?.tag ?? Poller.wakeTag)
        context.now = monotonicNanoseconds()
        if readiness.wake { followWishes() }
        if readiness.readable || readiness.broken { readSession(readiness) }
        resumeReading()
        if let timer = context.timer, context.now >= timer {
            context.timer = nil
            handler.timerFired()
        }
        handler.batchEnded()
        writeSession()
        // A turn without reading is a quiet moment: then all are freed.
        spent.free(always: !readiness.readable)
        endTurn()
    }

    /// How long epoll may sleep.
    private func patience() -> UInt64? {
        var earliest = machine.nextDeadline
        for deadline in [context.timer, writesAgainAt, readsAgainAt] {
            if let deadline { earliest = min(earliest ?? deadline, deadline) }
        }
        guard let earliest else { return nil }
        let now = monotonicNanoseconds()
        return earliest > now ? earliest - now : 0
    }

    private func followWishes() {
        let wishes = control.takeWishes()
        if wishes.serving != servingWished {
            servingWished = wishes.serving
            handle(.servingWished(wishes.serving))
        }
        if let deadline = wishes.drainDeadline, deadline != drainDeadline {
            drainDeadline = deadline
            handle(.drainRequested(deadline: deadline))
        }
        if wishes.mailbox { handler.mailboxSignalled() }
    }

    /// One read, then everything that it brought: level-triggered epoll comes back for the rest.
    private func readSession(_ readiness: Poller.Readiness) {
        guard let session else { return }
        if session.readingPaused || session.readingHeld {
            // Not read on purpose; but a session whose peer is gone would now wake epoll for ever.
            if readiness.broken { loseSession() }
            return
        }
        let encryption = session.encryption
        // Once: what is left makes epoll ready again. With TLS a read is one record, which a server makes as small as
        // 512 bytes, so then as many as have arrived, up to about what one plain read brings.
        for _ in 0..<Self.recordsPerTurn {
            let result = session.read(isEnded: readiness.ended || readiness.broken)
            if result == .triesAgain { holdReading() }
            guard result == .read && !session.isLost else { break }
            // Before the echo behind the subscriptions is taken for their confirmation.
            if machine.isJoining, let reason = session.refusedSubscription {
                onEvent(.notPermitted(reason: reason))
                return handle(.subscriptionRefused)
            }
            session.drainMessages { message, endpoint in
                deliver(message, endpoint: endpoint)
            }
            guard session.encryption == .tls else { break }
        }
        if session.encryption != encryption && session.encryption == .tls { handle(.foundEncrypted) }
    }

    private func holdReading() {
        session?.readingHeld = true
        readsAgainAt = context.now + Self.retryNanoseconds
    }

    private func resumeReading() {
        guard let time = readsAgainAt, context.now >= time else { return }
        readsAgainAt = nil
        session?.readingHeld = false
        readSession(Poller.Readiness())
    }

    private func deliver(_ message: consuming Message, endpoint: Int) {
        guard endpoint >= 0 else {
            if let number = message.payload.decimal { handle(.echoReturned(number)) }
            return
        }
        port.counts.received += 1
        guard message.hasAcceptableReply(configuration.replyPrefixes) else {
            port.counts.refusedReplySubjects += 1
            return
        }
        let reply = Reply(to: message, through: port)
        handler.handle(message, endpoint: endpoint, reply: reply)
        spent.add(message)
    }

    private func writeSession() {
        guard let session else { return }
        writesAgainAt = session.write() == .triesAgain ? context.now + Self.retryNanoseconds : nil
    }

    private func endTurn() {
        if session?.isLost == true { loseSession() }
        let buffered = session?.bufferedBytes ?? 0
        port.counts.bufferedHighWater = max(port.counts.bufferedHighWater, buffered)
        handle(.turnEnded(bufferedBytes: buffered, owedReplies: port.owedReplies))
        control.statistics.publish(port.counts)
    }

    private func loseSession() {
        guard let tag = session?.tag else { return }
        dropSession()
        handle(.sessionLost)
        onEvent(.disconnected(session: tag, reason: machine.disconnectReason))
    }

    func dropSession() {
        port.close()
        writesAgainAt = nil
        readsAgainAt = nil
        session = nil
    }

    func handle(_ event: ConnectionEvent) {
        let actions = machine.handle(event, now: context.now)
        if !actions.isEmpty { perform(actions) }
    }

    func finish() {
        isFinished = true
    }
}
