/// The life of a loop's connection, from its start through any number of TCP sessions to its close.
///
/// Pure: no socket, no clock, no cnats. An event and the time go in, a set of actions comes out, and every wait is a
/// deadline in `nextDeadline`. So each path of it (a loss in mid-drain, an echo that never returns) is a test without
/// a server.
///
/// What it promises:
/// - for ever: a loss leads to a new attempt, as long as no drain was asked for;
/// - one session at a time, and nothing is asked of a session that is gone;
/// - `joinGroup` only inside a session, and only while serving is wished;
/// - a leaving is complete when the echo sent *after* the UNSUBs has come back: the server works a session's lines off
///   in order, so nothing can come in on those subscriptions any more;
/// - a drain ends with an echo sent after the last answer: when it is back, the server has the answers. It never
///   outlives its deadline.
///
/// Echoes also stand in for cnats' pings, whose time-out closes the socket from another thread under the loop's feet.
struct ConnectionStateMachine: Sendable {
    enum State: Sendable, Equatable {
        case idle
        case waiting(until: UInt64)
        case connecting
        case connected(Session)
        case closed
    }

    struct Session: Sendable, Equatable {
        var membership = Membership.outside
        var lastEchoReturned: UInt64
        /// When the oldest echo that is still out was sent.
        var echoOutstandingSince: UInt64?
        var nextEchoAt: UInt64
        var pauseBytes: Int
        var readingPaused = false
        var overLimitSince: UInt64?

        /// Confirmed in the queue group, and not yet confirmed out of it.
        var mayReceiveRequests: Bool {
            switch membership {
            case .joined, .leaving: true
            case .outside, .joining: false
            }
        }
    }

    enum Membership: Sendable, Equatable {
        case outside
        case joining(confirmedBy: UInt64)
        case joined
        case leaving(confirmedBy: UInt64)
    }

    struct Drain: Sendable, Equatable {
        var deadline: UInt64
        var phase = DrainPhase.leaving
    }

    enum DrainPhase: Sendable, Equatable {
        case leaving
        /// Nothing comes in any more; handlers still owe answers.
        case answering
        /// All is answered; the echo behind the last answer is out.
        case confirming(echo: UInt64)
    }

    private(set) var state = State.idle
    private(set) var drain: Drain?
    private(set) var outcome = CloseOutcome.drained
    private(set) var disconnectReason = DisconnectReason.connectionLost
    private(set) var lastEchoSent: UInt64 = 0
    /// Counts the attempts to connect; the loop takes the server from it.
    private(set) var attempts = 0
    private(set) var servingWished: Bool
    private var owedReplies = 0
    private var backoff: Backoff
    private let times: Times
    private let limits: TransportLimits

    private struct Times: Sendable {
        let echoInterval: UInt64
        let echoTimeout: UInt64
        let overLimit: UInt64
    }

    init(limits: TransportLimits, servingWished: Bool, seed: UInt64) {
        self.limits = limits
        self.servingWished = servingWished
        times = Times(
            echoInterval: nanoseconds(milliseconds: limits.echoIntervalMilliseconds),
            echoTimeout: nanoseconds(milliseconds: limits.echoTimeoutMilliseconds),
            overLimit: nanoseconds(milliseconds: limits.overLimitMilliseconds)
        )
        backoff = Backoff(
            first: nanoseconds(milliseconds: limits.firstRetryMilliseconds),
            longest: nanoseconds(milliseconds: limits.longestRetryMilliseconds),
            seed: seed
        )
    }

    mutating func handle(_ event: ConnectionEvent, now: UInt64) -> ConnectionActions {
        if case .closed = state { return [] }
        switch event {
        case .started:
            return start()
        case .connectSucceeded:
            return beginSession(now: now)
        case .foundEncrypted:
            guard case .connected(var session) = state else { return [] }
            session.pauseBytes = limits.pauseReadingBytesTLS
            state = .connected(session)
            return []
        case .connectFailed:
            guard case .connecting = state else { return [] }
            return awaitRetry(now: now)
        case .sessionLost:
            guard case .connected = state else { return [] }
            disconnectReason = .connectionLost
            return awaitRetry(now: now)
        case .subscriptionRefused:
            guard isJoining else { return [] }
            return giveUpSession(.notPermitted, now: now)
        case .echoReturned(let number):
            return confirm(echo: number, now: now)
        case .servingWished(let wished):
            servingWished = wished
            return followWish(now: now)
        case .drainRequested(let deadline):
            return beginDrain(deadline: deadline, now: now)
        case .turnEnded(let bufferedBytes, let owedReplies):
            self.owedReplies = owedReplies
            return endTurn(bufferedBytes: bufferedBytes, now: now)
        }
    }

    /// Whether the subscriptions are out and not yet confirmed.
    var isJoining: Bool {
        guard case .connected(let session) = state, case .joining = session.membership else { return false }
        return true
    }

    /// When the machine wants a `turnEnded` at the latest.
    var nextDeadline: UInt64? {
        var earliest = drain?.deadline
        func consider(_ time: UInt64?) {
            guard let time else { return }
            earliest = min(earliest ?? time, time)
        }
        switch state {
        case .idle, .connecting, .closed:
            return earliest
        case .waiting(let until):
            consider(until)
        case .connected(let session):
            consider(session.nextEchoAt)
            consider(session.echoOutstandingSince.map { $0 + times.echoTimeout })
            consider(session.overLimitSince.map { $0 + times.overLimit })
        }
        return earliest
    }
}

// MARK: - Coming and going

extension ConnectionStateMachine {
    private mutating func start() -> ConnectionActions {
        guard case .idle = state else { return [] }
        return beginConnecting()
    }

    private mutating func beginConnecting() -> ConnectionActions {
        state = .connecting
        attempts += 1
        return .connect
    }

    private mutating func beginSession(now: UInt64) -> ConnectionActions {
        guard case .connecting = state else { return [] }
        var session = Session(
            lastEchoReturned: lastEchoSent,
            nextEchoAt: now,
            pauseBytes: limits.pauseReadingBytes
        )
        var actions: ConnectionActions = [.subscribeInbox]
        if drain == nil {
            actions.insert(.subscribeAlways)
            if servingWished {
                actions.insert(.joinGroup)
                session.membership = .joining(confirmedBy: lastEchoSent + 1)
            }
        } else {
            // Back only to deliver what is owed: no request is taken.
            drain?.phase = .answering
        }
        // At once: it is what proves the session, and only a proven session sets the backoff back. A server that
        // accepts and hangs up is so met with longer and longer waits.
        actions.formUnion(sendEcho(in: &session, now: now))
        state = .connected(session)
        return actions
    }

    /// After a loss or a failed attempt: there is no session any more.
    private mutating func awaitRetry(now: UInt64) -> ConnectionActions {
        state = .waiting(until: now + backoff.next())
        guard let drain else { return [] }
        if owedReplies == 0 { return finish(.connectionLost) }
        return now >= drain.deadline ? finish(.timedOut) : []
    }

    private mutating func giveUpSession(_ reason: DisconnectReason, now: UInt64) -> ConnectionActions {
        disconnectReason = reason
        return awaitRetry(now: now).union(.closeSession)
    }

    private mutating func finish(_ outcome: CloseOutcome) -> ConnectionActions {
        self.outcome = outcome
        var actions: ConnectionActions = .finish
        if case .connected = state {
            disconnectReason = .closed
            actions.insert(.closeSession)
        }
        state = .closed
        return actions
    }
}

// MARK: - Echoes

extension ConnectionStateMachine {
    private mutating func sendEcho(in session: inout Session, now: UInt64) -> ConnectionActions {
        lastEchoSent += 1
        session.echoOutstandingSince = session.echoOutstandingSince ?? now
        session.nextEchoAt = now + times.echoInterval
        return .sendEcho
    }

    private mutating func confirm(echo number: UInt64, now: UInt64) -> ConnectionActions {
        guard case .connected(var session) = state,
            number > session.lastEchoReturned, number <= lastEchoSent
        else { return [] }
        session.lastEchoReturned = number
        session.echoOutstandingSince = number == lastEchoSent ? nil : now
        backoff.reset()

        var actions: ConnectionActions = []
        switch session.membership {
        case .joining(let echo) where number >= echo:
            session.membership = .joined
            actions.insert(.reportJoined)
        case .leaving(let echo) where number >= echo:
            session.membership = .outside
            actions.formUnion([.forgetDrained, .reportLeft])
            if drain?.phase == .leaving { drain?.phase = .answering }
        default:
            break
        }
        state = .connected(session)
        return actions.union(followWish(now: now))
    }
}

// MARK: - Membership and drain

extension ConnectionStateMachine {
    /// Joins or leaves when the wish differs from what is. While a leaving is being confirmed nothing is done: the
    /// confirmation asks again.
    private mutating func followWish(now: UInt64) -> ConnectionActions {
        guard drain == nil, case .connected(var session) = state else { return [] }
        var actions: ConnectionActions = []
        switch session.membership {
        case .outside where servingWished:
            session.membership = .joining(confirmedBy: lastEchoSent + 1)
            actions = sendEcho(in: &session, now: now).union(.joinGroup)
        case .joined where !servingWished, .joining where !servingWished:
            session.membership = .leaving(confirmedBy: lastEchoSent + 1)
            actions = sendEcho(in: &session, now: now).union(.leaveGroup)
        default:
            break
        }
        state = .connected(session)
        return actions
    }

    private mutating func beginDrain(deadline: UInt64, now: UInt64) -> ConnectionActions {
        if let drain {
            self.drain?.deadline = min(drain.deadline, deadline)
            return []
        }
        drain = Drain(deadline: deadline)
        switch state {
        case .idle:
            return finish(.drained)
        case .waiting:
            return owedReplies == 0 ? finish(.drained) : []
        case .connected(var session):
            session.membership = .leaving(confirmedBy: lastEchoSent + 1)
            let actions = sendEcho(in: &session, now: now).union(.leaveAll)
            state = .connected(session)
            return actions
        case .connecting, .closed:
            return []
        }
    }

    private mutating func advanceDrain(
        in session: inout Session, bufferedBytes: Int, now: UInt64
    ) -> (actions: ConnectionActions, isConfirmed: Bool) {
        switch drain?.phase {
        case .answering where owedReplies == 0:
            let actions = sendEcho(in: &session, now: now)
            drain?.phase = .confirming(echo: lastEchoSent)
            return (actions, false)
        case .confirming(let echo):
            return ([], session.lastEchoReturned >= echo && bufferedBytes == 0)
        default:
            return ([], false)
        }
    }
}

// MARK: - The end of a turn

extension ConnectionStateMachine {
    private mutating func endTurn(bufferedBytes: Int, now: UInt64) -> ConnectionActions {
        if let drain, now >= drain.deadline { return finish(.timedOut) }
        switch state {
        case .waiting(let until):
            if drain != nil && owedReplies == 0 { return finish(.connectionLost) }
            return now >= until ? beginConnecting() : []
        case .connected(let session):
            return endTurn(of: session, bufferedBytes: bufferedBytes, now: now)
        case .idle, .connecting, .closed:
            return []
        }
    }

    private mutating func endTurn(
        of current: Session, bufferedBytes: Int, now: UInt64
    ) -> ConnectionActions {
        var session = current
        if let since = session.echoOutstandingSince, now >= since + times.echoTimeout {
            return giveUpSession(.echoTimedOut, now: now)
        }
        if bufferedBytes <= limits.closeBytes {
            session.overLimitSince = nil
        } else if let since = session.overLimitSince {
            if now >= since + times.overLimit { return giveUpSession(.outputStuck, now: now) }
        } else {
            session.overLimitSince = now
        }

        var actions: ConnectionActions = []
        if !session.readingPaused && bufferedBytes > session.pauseBytes {
            session.readingPaused = true
            actions.insert(.pauseReading)
        } else if session.readingPaused && bufferedBytes <= min(limits.resumeReadingBytes, session.pauseBytes / 2) {
            session.readingPaused = false
            actions.insert(.resumeReading)
        }

        let drained = advanceDrain(in: &session, bufferedBytes: bufferedBytes, now: now)
        actions.formUnion(drained.actions)
        if now >= session.nextEchoAt && session.echoOutstandingSince == nil {
            actions.formUnion(sendEcho(in: &session, now: now))
        } else if now >= session.nextEchoAt {
            // One is out already; its time-out is the next thing to wait for.
            session.nextEchoAt = now + times.echoInterval
        }
        state = .connected(session)
        return drained.isConfirmed ? finish(.drained) : actions
    }
}

func nanoseconds(milliseconds: Int) -> UInt64 {
    UInt64(milliseconds) * 1_000_000
}
