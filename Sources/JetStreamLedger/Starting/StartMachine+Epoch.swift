extension StartMachine {
    /// What a replica that starts has waited for, and since when nothing has moved.
    struct RepairWait: Equatable, Sendable {
        var found: FoundEpoch?
        var lastSequence: UInt64?
        var since: Int64
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
        let isMoving = wait.map { $0.found != found || $0.lastSequence != lastSequence } ?? true
        let since = isMoving ? now : wait?.since ?? now
        wait = RepairWait(found: found, lastSequence: lastSequence, since: since)
        guard now >= since + (found == nil ? StartTimes.withoutEpoch : StartTimes.repair) else {
            phase = .pausing(until: now + StartTimes.pause)
            return report(found == nil ? StartTrouble.withoutEpoch : StartTrouble.repairing)
        }
        // Nobody who knows more is left.
        return report(StartTrouble.lost) + write(.whole, over: found?.sequence ?? 0, now: now)
    }
}
