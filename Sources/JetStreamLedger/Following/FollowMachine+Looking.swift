internal import Blacklist

/// One look at the stream: up to three questions, one after the other.
struct Look: Equatable, Sendable {
    enum Question: Equatable, Sendable {
        case stream
        case lastRevocation(StreamState)
        case record(StreamState, last: FollowMachine.Position?)
        case anchor(StreamState, last: FollowMachine.Position?)
        case own(StreamState, last: FollowMachine.Position?)
    }

    /// When its first question was sent: what the answers say is not older than that.
    let askedAt: Int64
    /// What was known then. What came while the question was on its way is not held against the answer.
    let highestSeen: UInt64
    let applied: FollowMachine.Position?
    let lastApplied: FollowMachine.Anchor?
    let own: FollowMachine.Anchor?
    /// What had been reached when the last revocation was asked for.
    var reached: UInt64 = 0
    var question = Question.stream
    var until: Int64

    /// Of another stream than the one of which anything is known.
    var ofNothing: Look {
        Look(askedAt: askedAt, highestSeen: 0, applied: nil, lastApplied: nil, own: nil, until: until)
    }
}

extension FollowMachine {
    mutating func locate(now: Int64) -> [FollowAction] {
        phase = .locating
        target = nil
        return beginLook(now: now)
    }

    mutating func beginLook(now: Int64) -> [FollowAction] {
        look = Look(askedAt: now, highestSeen: highestSeen, applied: applied, lastApplied: lastApplied, own: own,
            until: now + FollowTimes.answer)
        return [.askForStream]
    }

    private mutating func ask(_ question: Look.Question, now: Int64) {
        look?.question = question
        look?.until = now + FollowTimes.answer
    }

    mutating func found(_ state: StreamState, now: Int64) -> [FollowAction] {
        guard let look, look.question == .stream else { return [] }
        var actions: [FollowAction] = []
        if let created, created != state.created {
            phase = .locating
            actions.append(startOver(in: state, .recreated))
            self.look = look.ofNothing
        } else if state.lastSequence < look.highestSeen {
            guard doubt == .rolledBack else { return lookAgain(.rolledBack, now: now) }
            phase = .locating
            actions.append(startOver(in: state, .rolledBack))
            self.look = look.ofNothing
        }
        created = state.created
        highestSeen = max(highestSeen, state.lastSequence)
        ask(.lastRevocation(state), now: now)
        self.look?.reached = reached
        return actions + [.askForLastRevocation]
    }

    mutating func found(last: Position?, now: Int64) -> [FollowAction] {
        guard let look, case .lastRevocation(let state) = look.question else { return [] }
        if let last { highestSeen = max(highestSeen, last.sequence) }
        if phase == .locating {
            guard let applied else { return placeFound(state, last, now: now) }
            ask(.record(state, last: last), now: now)
            return [.askForRecord(sequence: applied.sequence)]
        }
        if let own = look.own, last.map({ $0.sequence < own.position.sequence }) ?? true {
            return purged(state, last, now: now)
        }
        if let applied = look.applied, last.map({ $0.sequence < applied.sequence }) ?? true {
            return isExpired(applied, state) ? nothingLost(state, last, now: now) : purged(state, last, now: now)
        }
        guard let anchor else { return nothingLost(state, last, now: now) }
        ask(.anchor(state, last: last), now: now)
        return [.askForAnchor(id: anchor.id)]
    }

    /// Before a consumer is made: the record where this replica stopped has to be the very one.
    mutating func found(record: Position?, now: Int64) -> [FollowAction] {
        guard let look, case .record(let state, let last) = look.question, phase == .locating, let applied else {
            return []
        }
        if record == applied { return placeFound(state, last, now: now) }
        if record == nil, isExpired(applied, state) {
            // Everything up to there has gone the same way.
            (self.applied, anchor, lastApplied) = (nil, nil, nil)
            return createConsumer(state, last, now: now)
        }
        // Gone, or another one. A newer record of the same subject takes an old one's place, and that is no harm; but it
        // cannot be told from a purge here, and a replay costs only time.
        if record == nil, doubt != .recordGone { return lookAgain(.recordGone, now: now) }
        let republish = startOver(in: state, record == nil ? .recordGone : .rolledBack)
        return [republish] + createConsumer(state, last, now: now)
    }

    /// The place is the right one; and what this replica has stored behind it must be there too, in a stream that may have
    /// been cut there and grown again.
    private mutating func placeFound(_ state: StreamState, _ last: Position?, now: Int64) -> [FollowAction] {
        guard let own else { return weighAnchor(state, last, now: now) }
        ask(.own(state, last: last), now: now)
        return [.askForAnchor(id: own.id)]
    }

    private mutating func weighAnchor(_ state: StreamState, _ last: Position?, now: Int64) -> [FollowAction] {
        guard let anchor, anchor.position != applied else { return nothingLost(state, last, now: now) }
        ask(.anchor(state, last: last), now: now)
        return [.askForAnchor(id: anchor.id)]
    }

    private mutating func found(
        own found: Position?, _ state: StreamState, _ last: Position?, now: Int64
    ) -> [FollowAction] {
        if let own, found?.sequence != own.position.sequence {
            guard doubt == .recordGone else { return lookAgain(.recordGone, now: now) }
            let republish = startOver(in: state, .recordGone)
            return [republish] + createConsumer(state, last, now: now)
        }
        return weighAnchor(state, last, now: now)
    }

    /// The revocation that was the last one at the look before must still be there.
    mutating func found(anchor found: Position?, now: Int64) -> [FollowAction] {
        guard let look else { return [] }
        if case .own(let state, let last) = look.question, phase == .locating {
            return self.found(own: found, state, last, now: now)
        }
        guard case .anchor(let state, let last) = look.question, let anchor else { return [] }
        guard let found else {
            return anchor.position.time > 0 && isExpired(anchor.position, state)
                ? nothingLost(state, last, now: now) : purged(state, last, now: now)
        }
        if found.sequence > anchor.position.sequence {
            // Revoked once more. Or purged, and published again by another replica; then everything from before is gone.
            return state.firstSequence > anchor.position.sequence
                ? purged(state, last, now: now) : nothingLost(state, last, now: now)
        }
        let isSame = found.sequence == anchor.position.sequence && [0, found.time].contains(anchor.position.time)
        if isSame { return nothingLost(state, last, now: now) }
        // Another record in its place: not the stream that was followed.
        phase = .locating
        let republish = startOver(in: state, .rolledBack)
        return [republish] + createConsumer(state, last, now: now)
    }

    private mutating func nothingLost(_ state: StreamState, _ last: Position?, now: Int64) -> [FollowAction] {
        if phase == .locating { return createConsumer(state, last, now: now) }
        endLook(state, last, now: now)
        return []
    }

    /// A consumer goes on: it delivers what comes in after a purge. Only what this replica knows has to come back.
    private mutating func purged(_ state: StreamState, _ last: Position?, now: Int64) -> [FollowAction] {
        guard doubt == .purged else { return lookAgain(.purged, now: now) }
        let actions = nothingLost(state, last, now: now)
        (anchor, own) = (nil, nil)
        if let applied, last.map({ $0.sequence < applied.sequence }) ?? true {
            // Gone with the rest: no place to go on from.
            (self.applied, lastApplied) = (nil, nil)
        }
        return [.republish(.purged)] + actions
    }

    /// Dropped for its age. Some slack, because clocks differ: who is about to expire needs no republishing either.
    private func isExpired(_ position: Position, _ state: StreamState) -> Bool {
        state.keptSince > 0 && position.time < state.keptSince.addingClamped(60_000_000_000)
    }

    private mutating func lookAgain(_ reason: ReplayReason, now: Int64) -> [FollowAction] {
        doubt = reason
        look = nil
        if phase == .following {
            nextLook = now + FollowTimes.doubt
        } else {
            phase = .pausing(until: now + FollowTimes.doubt)
        }
        return []
    }

    private mutating func endLook(_ state: StreamState, _ last: Position?, now: Int64) {
        guard let look else { return }
        self.look = nil
        doubt = nil
        // Not the last one now: that may have come in after a purge that came after the answers.
        anchor = look.lastApplied ?? anchor
        lastProgress = now
        let sequence = last?.sequence ?? 0
        // A place that was given up in this look proves nothing of another stream.
        target = Target(
            sequence: sequence, asOf: look.askedAt - state.quorumAge, askedAt: look.askedAt,
            isFirm: min(look.reached, reached) >= sequence)
        checkTarget(isDrained: false, now: now)
    }

    private mutating func createConsumer(_ state: StreamState, _ last: Position?, now: Int64) -> [FollowAction] {
        endLook(state, last, now: now)
        let old = consumerNumber
        consumerNumber += 1
        consumerSequence = 0
        phase = .creatingConsumer(until: now + FollowTimes.answer)
        let create = FollowAction.createConsumer(number: consumerNumber, afterSequence: applied?.sequence)
        return old == 0 ? [create] : [.deleteConsumer(number: old), create]
    }
}

extension UInt64 {
    fileprivate func addingClamped(_ other: UInt64) -> UInt64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}
