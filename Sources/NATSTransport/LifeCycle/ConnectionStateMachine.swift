/// The life of a loop's connection, from its start through any number of TCP sessions to its close.
///
/// Pure: no socket, no clock, no cnats. An event and the time go in, a set of actions comes out, and every wait is a
/// deadline in `nextDeadline`. So each path of it (a loss in mid-drain, an echo that never returns) is a test without
/// a server.
///
/// What it promises:
/// - for ever: a loss leads to a new attempt, as long as no drain was asked for;
/// - nothing is asked of a session that is gone, and there is one session at a time, but for a move away from a lame
///   server: then its predecessor is there too, and leaves only when the new one has proved itself;
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
        var move = Move.no

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

    // Written by this type's own extensions only.
    var state = State.idle
    var predecessor: Predecessor?
    var drain: Drain?
    var outcome = CloseOutcome.drained
    var disconnectReason = DisconnectReason.connectionLost
    var lastEchoSent: UInt64 = 0
    /// Counts the attempts to connect; the loop takes the server from it.
    var attempts = 0
    var servingWished: Bool
    var owedReplies = 0
    var backoff: Backoff
    /// For the attempts to move, which go on while the other session's echoes set `backoff` back.
    var moveBackoff: Backoff
    let times: Times
    let limits: TransportLimits

    struct Times: Sendable {
        let echoInterval: UInt64
        let echoTimeout: UInt64
        let overLimit: UInt64
        let overlap: UInt64
        let leaving: UInt64
    }

    init(limits: TransportLimits, servingWished: Bool, seed: UInt64) {
        self.limits = limits
        self.servingWished = servingWished
        times = Times(
            echoInterval: nanoseconds(milliseconds: limits.echoIntervalMilliseconds),
            echoTimeout: nanoseconds(milliseconds: limits.echoTimeoutMilliseconds),
            overLimit: nanoseconds(milliseconds: limits.overLimitMilliseconds),
            overlap: nanoseconds(milliseconds: limits.overlapMilliseconds),
            leaving: nanoseconds(milliseconds: limits.predecessorMilliseconds)
        )
        backoff = Backoff(
            first: nanoseconds(milliseconds: limits.firstRetryMilliseconds),
            longest: nanoseconds(milliseconds: limits.longestRetryMilliseconds),
            seed: seed
        )
        moveBackoff = backoff
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
        case .lameDuck:
            return planMove(now: now)
        case .moveSucceeded:
            return beginMove(now: now)
        case .moveFailed:
            return planAnotherMove(now: now)
        case .predecessorEchoReturned(let number):
            confirmPredecessor(echo: number)
            return []
        case .predecessorLost:
            return endPredecessor(now: now)
        case .predecessorTurnEnded(let bufferedBytes):
            return endPredecessorTurn(bufferedBytes: bufferedBytes, now: now)
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
        consider(predecessor?.deadline)
        switch state {
        case .idle, .connecting, .closed:
            return earliest
        case .waiting(let until):
            consider(until)
        case .connected(let session):
            consider(moveDue(session))
            consider(session.nextEchoAt)
            consider(session.echoOutstandingSince.map { $0 + times.echoTimeout })
            consider(session.overLimitSince.map { $0 + times.overLimit })
        }
        return earliest
    }
}

func nanoseconds(milliseconds: Int) -> UInt64 {
    UInt64(milliseconds) * 1_000_000
}
