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
    let handler: any RequestHandler
    var machine: ConnectionStateMachine
    var poller: Poller
    var session: NATSSession?
    /// The session with a lame server, while it is being left; see `ConnectionStateMachine.Predecessor`.
    var predecessor: NATSSession?
    var sessionsStarted: UInt64 = 0
    let firstServer: Int
    private var spentRequests = SpentMessages(.requests)
    private var spentOwn = SpentMessages(.own)
    private var isFinished = false
    private var servingWished: Bool
    private var drainDeadline: UInt64?
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
        context = LoopContext(
            index: index, handle: EventLoop.Handle(control: control), now: monotonicNanoseconds(),
            inboxPrefix: configuration.inboxPrefix)
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
        session = nil
        predecessor = nil
        openPort()
        handler.closed()
        // What is still owed now will not be sent.
        port.counts.unanswered += port.owedReplies
        control.statistics.publish(port.counts)
        onEvent(.closed(machine.outcome))
        control.publishClosed(machine.outcome)
    }

    private func turn() {
        // What the last turn's end has put into the buffer: an echo, the first lines of a session.
        if let predecessor, predecessor.needsWrite, predecessor.writesAgainAt == nil { write(predecessor) }
        if let session, session.needsWrite, session.writesAgainAt == nil { write(session) }
        let ready = poller.wait(nanoseconds: patience(), session: session?.tag, predecessor: predecessor?.tag)
        context.now = monotonicNanoseconds()
        // Taken now: what is read can change who is who.
        let (current, former) = (session, predecessor)
        if ready.wake { followWishes() }
        if let former { read(former, ready.predecessor) }
        if let current { read(current, ready.session) }
        if let timer = context.timer, context.now >= timer {
            context.timer = nil
            handler.timerFired()
        }
        handler.batchEnded()
        if let predecessor { write(predecessor) }
        if let session { write(session) }
        // A turn without reading is a quiet moment: then all are freed.
        let isQuiet = !ready.session.readable && !ready.predecessor.readable
        spentRequests.free(always: isQuiet)
        spentOwn.free(always: isQuiet)
        context.outlet.freeSpent(always: isQuiet)
        endTurn()
    }

    /// How long epoll may sleep.
    private func patience() -> UInt64? {
        var earliest = machine.nextDeadline
        func consider(_ time: UInt64?) {
            if let time { earliest = min(earliest ?? time, time) }
        }
        consider(context.timer)
        consider(session?.writesAgainAt)
        consider(session?.readsAgainAt)
        consider(predecessor?.writesAgainAt)
        consider(predecessor?.readsAgainAt)
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

    private func read(_ session: NATSSession, _ readiness: Poller.Readiness) {
        if readiness.readable || readiness.broken { readOnce(session, readiness) }
        guard let time = session.readsAgainAt, context.now >= time else { return }
        session.readsAgainAt = nil
        session.readingHeld = false
        readOnce(session, Poller.Readiness())
    }

    /// One read, then everything that it brought: level-triggered epoll comes back for the rest.
    private func readOnce(_ session: NATSSession, _ readiness: Poller.Readiness) {
        if session.readingPaused || session.readingHeld {
            // Not read on purpose; but a session whose peer is gone would now wake epoll for ever.
            if readiness.broken { lose(session) }
            return
        }
        let encryption = session.encryption
        // Once: what is left makes epoll ready again. With TLS a read is one record, which a server makes as small as
        // 512 bytes, so then as many as have arrived, up to about what one plain read brings.
        for _ in 0..<Self.recordsPerTurn {
            let result = session.read(isEnded: readiness.ended || readiness.broken)
            if result == .triesAgain { hold(session) }
            guard result == .read && !session.isLost else { break }
            // Before the echo behind the subscriptions is taken for their confirmation.
            if session === self.session, machine.isJoining, let reason = session.refusedSubscription {
                onEvent(.notPermitted(reason: reason))
                return handle(.subscriptionRefused)
            }
            session.drainMessages { message, endpoint in
                deliver(message, endpoint: endpoint, from: session)
            }
            if session.heardOfNobody {
                session.heardOfNobody = false
                handler.nobodyListens()
            }
            guard session.encryption == .tls else { break }
        }
        if session === self.session, session.encryption != encryption && session.encryption == .tls {
            handle(.foundEncrypted)
        }
    }

    private func hold(_ session: NATSSession) {
        session.readingHeld = true
        session.readsAgainAt = context.now + Self.retryNanoseconds
    }

    private func deliver(_ message: consuming Message, endpoint: Int, from source: NATSSession) {
        guard endpoint >= 0 else {
            receive(message, isFeed: endpoint == NATSSession.Subscription.feed, from: source)
            return spentOwn.add(message)
        }
        port.counts.received += 1
        guard message.hasAcceptableReply(configuration.replyPrefixes) else {
            port.counts.refusedReplySubjects += 1
            return
        }
        let reply = Reply(to: message, through: port)
        handler.handle(message, endpoint: endpoint, reply: reply)
        spentRequests.add(message)
    }

    private func receive(_ message: borrowing Message, isFeed: Bool, from source: NATSSession) {
        if isFeed { return handler.fed(message, isRecord: !message.hasSubject(source.feedSubject)) }
        guard let name = message.name(below: source.inboxSubject) else { return }
        guard name.isEcho else { return handler.received(message, name: name, session: source.tag) }
        guard let number = message.payload.decimal else { return }
        if source === session { handle(.echoReturned(number)) }
        if source === predecessor { handle(.predecessorEchoReturned(number)) }
    }

    private func write(_ session: NATSSession) {
        session.writesAgainAt = session.write() == .triesAgain ? context.now + Self.retryNanoseconds : nil
    }

    private func endTurn() {
        if let predecessor { endTurn(ofPredecessor: predecessor) }
        if let session, session.isLost { lose(session) }
        noticeLameDuck()
        let buffered = answeringSession?.bufferedBytes ?? 0
        port.counts.bufferedHighWater = max(port.counts.bufferedHighWater, buffered)
        handle(.turnEnded(bufferedBytes: buffered, owedReplies: port.owedReplies))
        control.statistics.publish(port.counts)
    }

    func lose(_ lost: NATSSession) {
        if lost === predecessor { return losePredecessor() }
        guard lost === session else { return }
        dropSession()
        handler.sessionEnded(lost.tag)
        handle(.sessionLost)
        onEvent(.disconnected(session: lost.tag, reason: machine.disconnectReason))
    }

    func dropSession() {
        session = nil
        openPort()
    }

    func handle(_ event: ConnectionEvent) {
        let actions = machine.handle(event, now: context.now)
        if !actions.isEmpty { perform(actions) }
    }

    func finish() {
        isFinished = true
    }
}
