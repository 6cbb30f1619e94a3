// MARK: - Membership and drain

extension ConnectionStateMachine {
    /// What the echoes that have returned confirm. A leaving ends only when a predecessor, which may still deliver, has
    /// been left as well.
    mutating func settleMembership(of session: inout Session) -> ConnectionActions {
        switch session.membership {
        case .joining(let echo) where session.lastEchoReturned >= echo:
            session.membership = .joined
            return .reportJoined
        case .leaving(let echo) where session.lastEchoReturned >= echo && predecessor == nil:
            session.membership = .outside
            if drain?.phase == .leaving { drain?.phase = .answering }
            return [.forgetDrained, .reportLeft]
        default:
            return []
        }
    }

    /// Joins or leaves when the wish differs from what is. While a leaving is being confirmed nothing is done: the
    /// confirmation asks again.
    mutating func followWish(now: UInt64) -> ConnectionActions {
        guard drain == nil, case .connected(var session) = state else { return [] }
        var actions: ConnectionActions = []
        switch session.membership {
        case .outside where servingWished:
            session.membership = .joining(confirmedBy: lastEchoSent + 1)
            actions = sendEcho(in: &session, now: now).union(.joinGroup)
        case .joined where !servingWished, .joining where !servingWished:
            session.membership = .leaving(confirmedBy: lastEchoSent + 1)
            actions = sendEcho(in: &session, now: now).union(.leaveGroup)
            actions.formUnion(leavePredecessor(now: now))
        default:
            break
        }
        state = .connected(session)
        return actions
    }

    mutating func beginDrain(deadline: UInt64, now: UInt64) -> ConnectionActions {
        if let drain {
            self.drain?.deadline = min(drain.deadline, deadline)
            return []
        }
        drain = Drain(deadline: deadline)
        switch state {
        case .idle:
            return finish(.drained)
        case .waiting:
            return owedReplies == 0 && predecessor == nil ? finish(.drained) : []
        case .connected(var session):
            session.membership = .leaving(confirmedBy: lastEchoSent + 1)
            session.move = .no
            let actions = sendEcho(in: &session, now: now).union(.leaveAll)
            state = .connected(session)
            return actions.union(leavePredecessor(now: now))
        case .connecting, .closed:
            return []
        }
    }

    mutating func advanceDrain(
        in session: inout Session, bufferedBytes: Int, now: UInt64
    ) -> (actions: ConnectionActions, isConfirmed: Bool) {
        switch drain?.phase {
        case .answering where owedReplies == 0 && predecessor == nil:
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

