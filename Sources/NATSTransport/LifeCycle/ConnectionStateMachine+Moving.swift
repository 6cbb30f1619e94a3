/// Moving away from a server that says it will stop ("lame duck"), without a moment in which nobody listens:
///
/// 1. A second session is connected. It becomes the session; the present one becomes its *predecessor* and serves on.
///    Answers still go out through the predecessor. (While both are subscribed, a question to everyone, such as a
///    discovery ping, is answered twice. In a queue group each request is one member's, so it is not.)
/// 2. The new session's echo comes back: it is subscribed and can publish. Answers go out through it from now on, so
///    that none is left in the lame server's hands. The rest of a cluster learns of the new session a moment later, and
///    no server tells when it has; one that hears of the leaving first would answer that nobody listens (seen). So for
///    `overlapMilliseconds` both sessions serve. If the new one is lost until then, the predecessor is the session
///    again, and the move is tried again later.
/// 3. The predecessor's subscriptions are drained. The echo sent behind the UNSUBs comes back through it: nothing more
///    can come in there, and its server has every answer that was given to it. It is dropped; or after
///    `predecessorMilliseconds`.
///
/// The lame server's own clients lose nothing. What this cannot save is another server's request that is on the route
/// to the lame server in the moment in which the last member of the queue group there leaves: nats-server drops what
/// then arrives (seen with 2.15), and no client can say "send me no more" without it. That is so whenever a member
/// leaves a cluster's server, by a drain too; the caller runs into its time-out and asks again.
///
/// There is one predecessor at most: word that the new server stops too waits until the first has been dropped, which
/// takes a few seconds at most, and nats-server's grace period is ten by default.
extension ConnectionStateMachine {
    struct Predecessor: Sendable, Equatable {
        /// Sessions' own echoes are numbered from 1.
        static let echo: UInt64 = 0

        enum Phase: Sendable, Equatable {
            /// The new session has not proved itself yet.
            case serving
            case overlapping(until: UInt64)
            case leaving(deadline: UInt64, isConfirmed: Bool)
        }

        /// As it was, to go back to.
        let session: Session
        var phase = Phase.serving

        /// Answers go out through it.
        var answers: Bool { phase == .serving }

        var serves: Bool {
            switch phase {
            case .serving, .overlapping: true
            case .leaving: false
            }
        }

        var deadline: UInt64? {
            switch phase {
            case .serving: nil
            case .overlapping(let until): until
            case .leaving(let deadline, _): deadline
            }
        }
    }

    enum Move: Sendable, Equatable {
        case no
        case due(at: UInt64)
        case connecting
    }

    /// Not at once, so that many loops do not come to the next server in the same millisecond.
    mutating func planMove(now: UInt64) -> ConnectionActions {
        guard drain == nil, case .connected(var session) = state, session.move == .no else { return [] }
        session.move = .due(at: now + moveBackoff.next())
        state = .connected(session)
        return []
    }

    /// When to move; `nil` also while it is to wait for something else, whose event will ask again.
    func moveDue(_ session: Session) -> UInt64? {
        guard case .due(let time) = session.move, session.isSettled, predecessor == nil, drain == nil else { return nil }
        return time
    }

    mutating func beginMove(now: UInt64) -> ConnectionActions {
        guard case .connected(var session) = state, session.move == .connecting, drain == nil else { return [] }
        session.move = .no
        predecessor = Predecessor(session: session)
        return openSession(now: now)
    }

    mutating func planAnotherMove(now: UInt64) -> ConnectionActions {
        guard case .connected(var session) = state, session.move == .connecting else { return [] }
        session.move = .due(at: now + moveBackoff.next())
        state = .connected(session)
        return []
    }

    /// The new session is gone before it was of use.
    mutating func restore(_ predecessor: Predecessor, now: UInt64) -> ConnectionActions {
        var session = predecessor.session
        session.lastEchoReturned = lastEchoSent
        session.echoOutstandingSince = nil
        session.nextEchoAt = now
        session.readingPaused = false
        session.overLimitSince = nil
        session.move = .due(at: now + moveBackoff.next())
        self.predecessor = nil
        state = .connected(session)
        return followWish(now: now).union(.restorePredecessor)
    }

    mutating func beginOverlap(now: UInt64) -> ConnectionActions {
        guard predecessor?.phase == .serving else { return [] }
        predecessor?.phase = .overlapping(until: now + times.overlap)
        return .redirectAnswers
    }

    mutating func leavePredecessor(now: UInt64) -> ConnectionActions {
        guard predecessor?.serves == true else { return [] }
        predecessor?.phase = .leaving(deadline: now + times.leaving, isConfirmed: false)
        moveBackoff.reset()
        return .leavePredecessor
    }

    mutating func confirmPredecessor(echo number: UInt64) {
        guard number == Predecessor.echo, case .leaving(let deadline, _) = predecessor?.phase else { return }
        predecessor?.phase = .leaving(deadline: deadline, isConfirmed: true)
    }

    /// The predecessor is gone, in whatever way.
    mutating func endPredecessor(now: UInt64) -> ConnectionActions {
        guard predecessor != nil else { return [] }
        predecessor = nil
        guard case .connected(var session) = state else { return [] }
        let actions = settleMembership(of: &session)
        state = .connected(session)
        return actions.union(followWish(now: now))
    }

    /// Its buffer is empty then, unless answers went out through it after the echo because the new session was lost.
    mutating func endPredecessorTurn(bufferedBytes: Int, now: UInt64) -> ConnectionActions {
        switch predecessor?.phase {
        case .overlapping(let until) where now >= until:
            return leavePredecessor(now: now)
        case .leaving(let deadline, let isConfirmed) where isConfirmed && bufferedBytes == 0 || now >= deadline:
            return endPredecessor(now: now).union(.dropPredecessor)
        default:
            return []
        }
    }
}

extension ConnectionStateMachine.Session {
    /// In the queue group or out of it, and confirmed.
    var isSettled: Bool {
        switch membership {
        case .joined, .outside: true
        case .joining, .leaving: false
        }
    }
}
