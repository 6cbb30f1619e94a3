extension StartMachine {
    /// What a replica that starts waits for, since when nothing has moved, since when at all, and when it looked last.
    struct RepairWait: Equatable, Sendable {
        var found: FoundEpoch?
        var lastSequence: UInt64?
        var since: Int64
        let began: Int64
        var lookedAt: Int64
    }

    /// The stream is as it should be. Whether it holds what it should, is the epoch's to say.
    mutating func fits(now: Int64) -> [StartAction] {
        guard lastSequence == 0 else { return ask(hasSucceeded ? .probe : .epoch, now: now) }
        // Nothing was ever stored in it. To a replica that runs, that is a loss, and it knows what was there.
        return write(hasSucceeded ? .repairing : .whole, over: 0, now: now)
    }

    private mutating func write(_ state: LedgerEpoch.State, over sequence: UInt64, now: Int64) -> [StartAction] {
        phase = .asking(.writingEpoch, until: now + StartTimes.answer)
        return [.writeEpoch(LedgerEpoch(state: state, name: "\(instance).0"), expecting: sequence)]
    }

    mutating func wroteEpoch(_ outcome: PublishOutcome, now: Int64) -> [StartAction] {
        switch outcome {
        // Another replica was first, or has begun to repair: looked at.
        case .stored, .wrongLastSequence: return ask(hasSucceeded ? .probe : .epoch, now: now)
        case .busy(let text), .unknown(let text), .unreached(let text):
            return tryAgain(StartTrouble.writeNotTaken(text), now: now)
        case .refused(let text):
            return give(up: StartTrouble.writeRefused(text), now: now)
        }
    }

    mutating func found(_ found: FoundEpoch?, now: Int64) -> [StartAction] {
        if let epoch = found?.epoch, epoch.state == .whole {
            epochName = epoch.name
            wait = nil
            return ask(.probe, now: now)
        }
        let limit = found == nil ? StartTimes.withoutEpoch : StartTimes.repair
        let wait = waited(for: found, now: now)
        self.wait = wait
        guard now >= min(wait.since + limit, wait.began + StartTimes.longestRepair) else {
            phase = .pausing(until: now + StartTimes.pause)
            return report(found == nil ? StartTrouble.withoutEpoch : StartTrouble.repairing)
        }
        // Nobody who knows more is left.
        return report(StartTrouble.lost) + write(.whole, over: found?.sequence ?? 0, now: now)
    }
    /// Time counts only while it was looked: while this replica saw nothing, others could not repair anything either.
    private func waited(for found: FoundEpoch?, now: Int64) -> RepairWait {
        guard var wait, now - wait.lookedAt <= StartTimes.gap else {
            return RepairWait(found: found, lastSequence: lastSequence, since: now, began: now, lookedAt: now)
        }
        // Without an epoch, what else is written to the stream is no sign of a repair.
        if wait.found != found || found != nil && wait.lastSequence != lastSequence { wait.since = now }
        (wait.found, wait.lastSequence, wait.lookedAt) = (found, lastSequence, now)
        return wait
    }
}
