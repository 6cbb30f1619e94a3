internal import Blacklist

/// One look at the stream: some questions, one after the other.
struct Look: Equatable, Sendable {
    enum Question: Equatable, Sendable {
        case stream
        case record(StreamState)
        /// Where the id of the record that was not there any more stands now.
        case moved(StreamState)
        /// Of its own: the last, before a consumer is made; or one that the consumer has passed over.
        case own(StreamState, FollowMachine.Anchor)
        case oldest(StreamState, FollowMachine.Anchor)
        case anchor(StreamState, FollowMachine.Anchor)
        /// - Parameter unchangedAsOf: when nothing had been stored since what was delivered last.
        case fence(sentAt: Int64, unchangedAsOf: Int64?)
        /// A write, because the stream looks shorter than it was: where it is stored, there is the stream's end.
        case end(StreamState)
    }

    /// When its first question was sent: what the answers say is not older than that.
    let askedAt: Int64
    /// What was known then. What came while the question was on its way is not held against the answer.
    let highestSeen: UInt64
    let reached: UInt64
    let applied: FollowMachine.Anchor?
    var question = Question.stream
    var until: Int64
}

extension FollowMachine {
    mutating func locate(now: Int64) -> [FollowAction] {
        phase = .locating
        target = nil
        return beginLook(now: now)
    }

    mutating func beginLook(now: Int64) -> [FollowAction] {
        look = Look(
            askedAt: now, highestSeen: highestSeen, reached: reached, applied: applied, until: now + patience)
        return [.askForStream]
    }

    private mutating func ask(_ question: Look.Question, _ action: FollowAction, now: Int64) -> [FollowAction] {
        look?.question = question
        // A majority has to store what is written: that is slow where writes are.
        look?.until = now + (action == .writeFence ? FollowTimes.answer : patience)
        return [action]
    }

    mutating func found(_ state: StreamState, now: Int64) -> [FollowAction] {
        guard let look, look.question == .stream else { return [] }
        if let created, created != state.created { return startOver(in: state, .recreated, now: now) }
        if hasReceded { return startOver(in: state, .rolledBack, now: now) }
        guard state.lastSequence >= look.highestSeen else { return ask(.end(state), .writeFence, now: now) }
        return goOn(state, now: now)
    }

    private mutating func goOn(_ state: StreamState, now: Int64) -> [FollowAction] {
        created = state.created
        highestSeen = max(highestSeen, state.lastSequence)
        let isLonger = state.firstSequence < replayedFrom
        guard phase == .locating else { return isLonger ? locate(now: now) : weighSuspect(state, now: now) }
        // A copy from before a purge was restored: wherever this replica stopped, what that has brought back is to be seen.
        if isLonger { applied = nil }
        guard let applied else { return placeFound(state, now: now) }
        return ask(.record(state), .askForRecord(sequence: applied.position.sequence), now: now)
    }

    /// Before a consumer is made: the record where this replica stopped has to be the very one.
    mutating func found(record: Position?, now: Int64) -> [FollowAction] {
        guard let look, case .record(let state) = look.question, phase == .locating, let applied else { return [] }
        if record == applied.position { return placeFound(state, now: now) }
        if record == nil, isExpired(applied, state) {
            // Everything up to there has gone the same way.
            (self.applied, anchor) = (nil, nil)
            return placeFound(state, now: now)
        }
        if record != nil { return startOver(in: state, .rolledBack, now: now) }
        return ask(.moved(state), .askForAnchor(id: applied.id), now: now)
    }

    /// Revoked once more, it stands further behind. What is between has to be seen from the beginning, for this could be a
    /// stream that was cut and grown again; but nothing is lost that would have to be published, and what is known stays.
    private mutating func foundMoved(_ found: Position?, _ state: StreamState, now: Int64) -> [FollowAction] {
        guard let applied else { return placeFound(state, now: now) }
        guard let found, found.sequence > applied.position.sequence, !wasTaken(applied, state) else {
            if found == nil { noteMissing(applied, state) }
            return isBelieved(.recordGone, state) ? startOver(in: state, .recordGone, now: now) : lookAgain(.recordGone, now: now)
        }
        self.applied = nil
        return placeFound(state, now: now)
    }

    /// The place is the right one; and what this replica has stored behind it must be there too, in a stream that may have
    /// been cut there and grown again.
    private mutating func placeFound(_ state: StreamState, now: Int64) -> [FollowAction] {
        suspect = suspect ?? own.last
        return weighSuspect(state, now: now)
    }

    private mutating func weighSuspect(_ state: StreamState, now: Int64) -> [FollowAction] {
        guard let suspect else { return weighOldest(state, now: now) }
        return ask(.own(state, suspect), .askForAnchor(id: suspect.id), now: now)
    }

    /// What was delivered first must still be there, if it has not expired. Where the anchor's place is gone too, the anchor
    /// tells more.
    private mutating func weighOldest(_ state: StreamState, now: Int64) -> [FollowAction] {
        while let oldest = sample.oldest, isExpired(oldest, state) { sample.removeOldest() }
        guard let oldest = sample.oldest, oldest != anchor, anchor?.position.sequence ?? .max >= state.firstSequence else {
            return weighAnchor(state, now: now)
        }
        return ask(.oldest(state, oldest), .askForAnchor(id: oldest.id), now: now)
    }

    private mutating func foundOldest(
        _ found: Position?, _ oldest: Anchor, _ state: StreamState, now: Int64
    ) -> [FollowAction] {
        guard let found else { return purged(state, oldest, now: now) }
        if found == oldest.position { return weighAnchor(state, now: now) }
        guard found.sequence > oldest.position.sequence else { return rolledBack(state, now: now) }
        if wasTaken(oldest, state) { return purged(state, oldest, now: now) }
        // Revoked once more, it stands further behind, and has been delivered from there, or will be.
        if sample.oldest == oldest { sample.removeOldest() }
        return weighOldest(state, now: now)
    }

    private mutating func weighAnchor(_ state: StreamState, now: Int64) -> [FollowAction] {
        guard let anchor, phase == .following || anchor != applied else { return nothingLost(state, now: now) }
        return ask(.anchor(state, anchor), .askForAnchor(id: anchor.id), now: now)
    }

    mutating func found(anchor found: Position?, now: Int64) -> [FollowAction] {
        switch look?.question {
        case .own(let state, let own): foundOwn(found, own, state, now: now)
        case .oldest(let state, let oldest): foundOldest(found, oldest, state, now: now)
        case .anchor(let state, let anchor): foundAnchor(found, anchor, state, now: now)
        case .moved(let state): foundMoved(found, state, now: now)
        case .stream, .record, .fence, .end, nil: []
        }
    }

    private mutating func foundOwn(
        _ found: Position?, _ own: Anchor, _ state: StreamState, now: Int64
    ) -> [FollowAction] {
        guard found?.sequence ?? 0 < own.position.sequence else {
            // Further behind it is another replica's record of the same.
            if suspect == own { suspect = nil }
            return weighOldest(state, now: now)
        }
        guard phase == .locating else { return purged(state, own, now: now) }
        return isBelieved(.recordGone, state) ? startOver(in: state, .recordGone, now: now) : lookAgain(.recordGone, now: now)
    }

    /// What was the last revocation at the look before must still be there.
    private mutating func foundAnchor(
        _ found: Position?, _ anchor: Anchor, _ state: StreamState, now: Int64
    ) -> [FollowAction] {
        guard let found else {
            return isExpired(anchor, state) ? nothingLost(state, anchor, now: now) : purged(state, anchor, now: now)
        }
        if found.sequence > anchor.position.sequence {
            // Revoked once more. Or purged, and published again by another replica; then everything from before is gone.
            guard state.firstSequence > anchor.position.sequence else { return nothingLost(state, anchor, now: now) }
            return purged(state, anchor, wasMissing ? .purged : .overtaken, now: now)
        }
        let isSame = found.sequence == anchor.position.sequence && [0, found.time].contains(anchor.position.time)
        // Another record in its place, or an older one of the same: not the stream that was followed. Or the words of a leader
        // that has been deposed, and does not know it.
        return isSame ? nothingLost(state, anchor, now: now) : rolledBack(state, now: now)
    }

    /// Dropped for its age. Some slack, because clocks differ: who is about to expire needs no republishing either.
    private func isExpired(_ anchor: Anchor, _ state: StreamState) -> Bool {
        guard state.keptSince > 0, anchor.position.time > 0 else { return false }
        let (limit, overflow) = state.keptSince.addingReportingOverflow(60_000_000_000)
        return overflow || anchor.position.time < limit
    }

    /// The stream's end is where a majority has stored something. A leader may be behind the followers that have told of more,
    /// by tens of thousands of records when it is slow to apply what they have agreed on, and one that was deposed knows less
    /// and can store nothing; both stand for a stream that has lost nothing.
    private mutating func foundEnd(
        _ outcome: PublishOutcome, of state: StreamState, _ look: Look, now: Int64
    ) -> [FollowAction] {
        switch outcome {
        case .stored(let sequence) where sequence <= look.highestSeen:
            return startOver(in: state, .rolledBack, now: now)
        case .stored(let sequence):
            var state = state
            state.lastSequence = sequence
            return goOn(state, now: now)
        case .refused:
            // The stream is full. Then it does not grow either, but as far as a leader that is slow has not got.
            let isStill = doubt?.end == state.lastSequence && look.askedAt - (doubt?.since ?? now) >= FollowTimes.still
            return isStill && isBelieved(.rolledBack, state)
                ? startOver(in: state, .rolledBack, now: now) : lookAgain(.rolledBack, end: state.lastSequence, now: now)
        case .busy, .unreached, .unknown, .wrongLastSequence:
            return lookAgain(.rolledBack, end: state.lastSequence, now: now)
        }
    }

    // MARK: What comes of it

    private mutating func rolledBack(_ state: StreamState, now: Int64) -> [FollowAction] {
        isBelieved(.rolledBack, state) ? startOver(in: state, .rolledBack, now: now) : lookAgain(.rolledBack, now: now)
    }

    /// Seen before, and told by a leader that a majority has been with since: one that was deposed knows less than was seen
    /// elsewhere, and says so for up to 13 s. What it does not know yet is missing at its end, so all else that is missing is
    /// missing.
    private func isBelieved(_ reason: ReplayReason, _ state: StreamState) -> Bool {
        guard let look, let doubt, doubt.reason == reason else { return false }
        return reason != .rolledBack || look.askedAt - state.quorumAge >= doubt.since
    }

    private mutating func lookAgain(_ reason: ReplayReason, end: UInt64? = nil, now: Int64) -> [FollowAction] {
        if doubt?.reason != reason || doubt?.end != end { doubt = Doubt(reason: reason, since: now, end: end) }
        look = nil
        if phase == .following {
            nextLook = now + FollowTimes.doubt
        } else {
            phase = .pausing(until: now + FollowTimes.doubt)
        }
        return []
    }

    /// - Parameter seen: the anchor that was there.
    private mutating func nothingLost(
        _ state: StreamState, _ seen: Anchor? = nil, now: Int64
    ) -> [FollowAction] {
        guard let look else { return [] }
        doubt = nil
        // Not the last one now: that may have come in after a purge that came after the answers. And not in the place of
        // one that was missed meanwhile.
        if anchor == seen { anchor = look.applied ?? anchor }
        if phase == .locating { return createConsumer(on: state, now: now) }
        wasMissing = false
        let unchangedAsOf = state.lastSequence <= look.reached ? look.askedAt - state.quorumAge : nil
        if let unchangedAsOf, !isAfterSilence(look.askedAt) {
            self.look = nil
            proveUnchanged(asOf: unchangedAsOf, askedAt: look.askedAt, now: now)
            return []
        }
        return ask(.fence(sentAt: now, unchangedAsOf: unchangedAsOf), .writeFence, now: now)
    }

    /// A consumer goes on: it delivers what comes in after a purge. Only what this replica knows has to come back.
    private mutating func purged(
        _ state: StreamState, _ gone: Anchor, _ reason: ReplayReason = .purged, now: Int64
    ) -> [FollowAction] {
        guard isBelieved(reason, state) else {
            if reason == .purged { noteMissing(gone, state) }
            return lookAgain(reason, now: now)
        }
        let actions = nothingLost(state, now: now)
        anchor = nil
        wasMissing = false
        // What another has published again is not all that was delivered, some of it perhaps after the purge. And what stands can
        // be taken by the next one. So the next looks go on with the sample.
        if reason != .overtaken {
            suspect = nil
            sample.removeAll()
            own.removeAll()
        }
        if let applied, applied == gone || applied.position.sequence < state.firstSequence {
            // No place to go on from.
            self.applied = nil
        }
        return [.republish(reason)] + actions
    }

    /// A leader that was deposed does not know what is missing at its end, but that its stream begins further behind it does.
    private mutating func noteMissing(_ gone: Anchor, _ state: StreamState) {
        if state.firstSequence > gone.position.sequence { wasMissing = true }
    }

    private func wasTaken(_ gone: Anchor, _ state: StreamState) -> Bool {
        wasMissing && state.firstSequence > gone.position.sequence
    }

    mutating func fenced(_ outcome: PublishOutcome, now: Int64) -> [FollowAction] {
        if let look, case .end(let state) = look.question { return foundEnd(outcome, of: state, look, now: now) }
        guard let look, case .fence(let sentAt, let unchangedAsOf) = look.question, phase == .following else { return [] }
        self.look = nil
        switch outcome {
        case .stored(let sequence):
            highestSeen = max(highestSeen, sequence)
            lastProgress = now
            target = Target(sequence: sequence, asOf: sentAt)
            checkTarget(now: now)
        case .busy, .unreached, .unknown:
            nextLook = now + FollowTimes.pause
        case .refused, .wrongLastSequence:
            // The stream is full: then nothing is stored, and a look finds soon that nothing has been.
            nextLook = look.askedAt + FollowTimes.look(maxStaleness: maxStaleness)
            if let unchangedAsOf { proveUnchanged(asOf: unchangedAsOf, askedAt: look.askedAt, now: now) }
        }
        return []
    }

    private mutating func startOver(in state: StreamState, _ reason: ReplayReason, now: Int64) -> [FollowAction] {
        [startOver(in: state, reason)] + createConsumer(on: state, now: now)
    }

    private mutating func createConsumer(on state: StreamState, now: Int64) -> [FollowAction] {
        look = nil
        target = nil
        // Of this stream no more is proven than the record at the place.
        reached = applied?.position.sequence ?? 0
        drained = 0
        reachedOnce = nil
        // From the beginning: the oldest are delivered again.
        if applied == nil {
            sample.removeAll()
            replayedFrom = state.firstSequence
        }
        let old = consumerNumber
        consumerNumber += 1
        consumerSequence = 0
        phase = .creatingConsumer(until: now + FollowTimes.creation(on: state, after: reached, answer: patience))
        let create = FollowAction.createConsumer(number: consumerNumber, afterSequence: applied?.position.sequence)
        return old == 0 ? [create] : [.deleteConsumer(number: old), create]
    }
}
