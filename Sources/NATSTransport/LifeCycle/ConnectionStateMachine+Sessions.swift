// MARK: - Coming and going

extension ConnectionStateMachine {
    mutating func start() -> ConnectionActions {
        guard case .idle = state else { return [] }
        return beginConnecting()
    }

    mutating func beginConnecting() -> ConnectionActions {
        state = .connecting
        attempts += 1
        return .connect
    }

    mutating func beginSession(now: UInt64) -> ConnectionActions {
        guard case .connecting = state else { return [] }
        return openSession(now: now)
    }

    mutating func openSession(now: UInt64) -> ConnectionActions {
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

    /// After a loss or a failed attempt: there is no session any more, unless one that was about to be left.
    mutating func awaitRetry(now: UInt64) -> ConnectionActions {
        if let predecessor, predecessor.serves { return restore(predecessor, now: now) }
        state = .waiting(until: now + backoff.next())
        guard let drain else { return [] }
        if owedReplies == 0 && predecessor == nil { return finish(.connectionLost) }
        return now >= drain.deadline ? finish(.timedOut) : []
    }

    mutating func giveUpSession(_ reason: DisconnectReason, now: UInt64) -> ConnectionActions {
        disconnectReason = reason
        return awaitRetry(now: now).union(.closeSession)
    }

    mutating func finish(_ outcome: CloseOutcome) -> ConnectionActions {
        self.outcome = outcome
        var actions: ConnectionActions = .finish
        if case .connected = state {
            disconnectReason = .closed
            actions.insert(.closeSession)
        }
        if predecessor != nil {
            actions.insert(.dropPredecessor)
            predecessor = nil
        }
        state = .closed
        return actions
    }
}

// MARK: - Echoes

extension ConnectionStateMachine {
    mutating func sendEcho(in session: inout Session, now: UInt64) -> ConnectionActions {
        lastEchoSent += 1
        session.echoOutstandingSince = session.echoOutstandingSince ?? now
        session.nextEchoAt = now + times.echoInterval
        return .sendEcho
    }

    mutating func confirm(echo number: UInt64, now: UInt64) -> ConnectionActions {
        guard case .connected(var session) = state,
            number > session.lastEchoReturned, number <= lastEchoSent
        else { return [] }
        session.lastEchoReturned = number
        session.echoOutstandingSince = number == lastEchoSent ? nil : now
        backoff.reset()

        var actions = settleMembership(of: &session)
        state = .connected(session)
        if session.isSettled { actions.formUnion(beginOverlap(now: now)) }
        return actions.union(followWish(now: now))
    }
}

// MARK: - The end of a turn

extension ConnectionStateMachine {
    mutating func endTurn(bufferedBytes: Int, now: UInt64) -> ConnectionActions {
        if let drain, now >= drain.deadline { return finish(.timedOut) }
        switch state {
        case .waiting(let until):
            if drain != nil && owedReplies == 0 && predecessor == nil { return finish(.connectionLost) }
            return now >= until ? beginConnecting() : []
        case .connected(let session):
            return endTurn(of: session, bufferedBytes: bufferedBytes, now: now)
        case .idle, .connecting, .closed:
            return []
        }
    }

    mutating func endTurn(
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
        if let due = moveDue(session), now >= due {
            session.move = .connecting
            attempts += 1
            actions.insert(.moveOver)
        }
        state = .connected(session)
        return drained.isConfirmed ? finish(.drained) : actions
    }
}
