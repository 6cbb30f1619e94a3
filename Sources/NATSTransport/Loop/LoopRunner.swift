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
    private let replyPrefixes: ReplyPrefixes
    private let sliceNanoseconds: UInt64
    private var isFinished = false
    private var servingWished: Bool
    private var drainDeadline: UInt64?
    private static let recordsPerTurn = 64
    /// So many are turned away in a turn when more come in than can even be refused between two slices: some 300,000 a second.
    private static let flood = 64
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
        replyPrefixes = configuration.replyPrefixes
        sliceNanoseconds = UInt64(configuration.limits.sliceMicroseconds) * 1_000
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
        // Local, and handed down: a variable of the class would be guarded at run time against overlapping accesses.
        var held = HeldMessages(limits: configuration.limits, endpoints: endpoints.count)
        // The blocking connects are turns of their own: wishes and wakes are seen between them.
        while !isFinished {
            turn(&held)
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

    private func turn(_ held: inout HeldMessages) {
        // What the last turn's end has put into the buffer: an echo, the first lines of a session.
        if let predecessor, predecessor.needsWrite, predecessor.writesAgainAt == nil { write(predecessor) }
        if let session, session.needsWrite, session.writesAgainAt == nil { write(session) }
        let ready = poller.wait(nanoseconds: patience(held), session: session?.tag, predecessor: predecessor?.tag)
        context.now = monotonicNanoseconds()
        notePutOff(held)
        port.turnedAway = 0
        // Taken now: what is read can change who is who.
        let (current, former) = (session, predecessor)
        if ready.wake { followWishes() }
        if let former { read(former, ready.predecessor, &held) }
        if let current { read(current, ready.session, &held) }
        if let timer = context.timer, context.now >= timer {
            context.timer = nil
            handler.timerFired()
        }
        handler.batchEnded()
        if let predecessor { write(predecessor) }
        if let session { write(session) }
        if mayWork(held) { workOnPutOff(&held, isFlooded: port.turnedAway >= Self.flood) }
        // A turn without reading is a quiet moment: then all are freed.
        let isQuiet = !ready.session.readable && !ready.predecessor.readable
        held.freeSpent(always: isQuiet)
        context.outlet.freeSpent(always: isQuiet)
        port.freeSpent(always: isQuiet)
        endTurn()
    }

    /// Whether there is work that was put off, and somewhere for its answers to go: they fill the same buffer as all others.
    private func mayWork(_ held: borrowing HeldMessages) -> Bool {
        guard held.putOff.count > 0 || handler.hasWork else { return false }
        guard let session = answeringSession else { return false }
        return port.isOpen && !session.isLost && !session.readingPaused
    }

    /// A slice of it, and then its answers are written.
    ///
    /// `isFlooded`: far more comes in than can be worked on, and most of it is refused. What is read too slowly then waits in
    /// nats-server, up to 64 MiB of it, and those whose tokens are known wait behind it: so one piece of work a turn must do.
    /// Not with less: a turn a piece costs half of what can be worked on, and a queue that is full would stay so. To refuse
    /// one that is late is no such piece: else it could be all that is done, until the last of thousands is refused.
    private func workOnPutOff(_ held: inout HeldMessages, isFlooded: Bool) {
        let start = monotonicNanoseconds()
        var now = start
        var isDone = false
        repeat {
            let began = now
            var wasLate = false
            if let request = held.putOff.next(at: now) {
                let endpoint = request.endpoint
                wasLate = request.isLate
                takeUp(request.message, endpoint: endpoint, isLate: wasLate, &held)
                now = monotonicNanoseconds()
                if !wasLate { held.putOff.tookUp(endpoint: endpoint, nanoseconds: now - began) }
            }
            if handler.hasWork {
                handler.work()
                now = monotonicNanoseconds()
                wasLate = false
            }
            isDone = now - start >= sliceNanoseconds || isFlooded && !wasLate
        } while !isDone && (held.putOff.count > 0 || handler.hasWork)
        handler.batchEnded()
        if let predecessor { write(predecessor) }
        if let session { write(session) }
    }

    private func takeUp(_ message: consuming Message, endpoint: Int, isLate: Bool, _ held: inout HeldMessages) {
        notePutOff(held)
        port.endpoint = endpoint
        handler.handlePutOff(message, endpoint: endpoint, isLate: isLate, reply: Reply(to: message, through: port))
        settle(message, endpoint: endpoint, &held)
    }

    /// After its handling: kept for later, or done with.
    private func settle(_ message: consuming Message, endpoint: Int, _ held: inout HeldMessages) {
        guard port.isPutOff else { return held.spent.add(message) }
        port.isPutOff = false
        held.putOff.add(message, endpoint: endpoint, at: context.now)
        notePutOff(held)
    }

    private func notePutOff(_ held: borrowing HeldMessages) {
        port.putOffCount = held.putOff.count
        port.roomForPutOff = held.putOff.room(at: context.now)
    }

    /// How long epoll may sleep.
    private func patience(_ held: borrowing HeldMessages) -> UInt64? {
        if mayWork(held) { return 0 }
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

    private func read(_ session: NATSSession, _ readiness: Poller.Readiness, _ held: inout HeldMessages) {
        if readiness.readable || readiness.broken { readOnce(session, readiness, &held) }
        guard let time = session.readsAgainAt, context.now >= time else { return }
        session.readsAgainAt = nil
        session.readingHeld = false
        readOnce(session, Poller.Readiness(), &held)
    }

    /// One read, then everything that it brought: level-triggered epoll comes back for the rest.
    private func readOnce(_ session: NATSSession, _ readiness: Poller.Readiness, _ held: inout HeldMessages) {
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
                deliver(message, endpoint: endpoint, from: session, &held)
            } nobody: {
                handler.nobodyListens(session: session.tag)
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

    private func deliver(_ message: consuming Message, endpoint: Int, from source: NATSSession, _ held: inout HeldMessages) {
        guard endpoint >= 0 else {
            receive(message, isFeed: endpoint == NATSSession.Subscription.feed, from: source)
            return held.spentOwn.add(message)
        }
        port.counts.received += 1
        guard answer(message, endpoint: endpoint) else {
            port.counts.refusedReplySubjects += 1
            return
        }
        settle(message, endpoint: endpoint, &held)
    }

    /// False when its reply subject is not one to answer to.
    private func answer(_ message: borrowing Message, endpoint: Int) -> Bool {
        guard let reply = Reply(to: message, through: port, below: replyPrefixes) else { return false }
        port.endpoint = endpoint
        handler.handle(message, endpoint: endpoint, reply: reply)
        return true
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
