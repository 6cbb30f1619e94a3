extension StartMachine {
    /// The stream is as it should be. Whether it holds what it should, is the epoch's to say; that is looked at all the
    /// time (`RepairMachine`).
    mutating func fits(_ information: StreamInformation, now: Int64) -> [StartAction] {
        guard let state = information.state else { return tryAgain(StartTrouble.noLeader, now: now) }
        guard state.lastSequence == 0 else { return ask(.epoch, now: now) }
        // Nothing was ever stored in it. To a replica that runs, that is a loss, and it knows what was there. To one that
        // starts it is the beginning, as far as it knows.
        begun += 1
        // No refresh token from before can be looked up in it: of a service that is new there is none.
        let epoch = LedgerEpoch(
            state: hasSucceeded ? .repairing : .presumed, name: "\(instance).s\(begun)", redeemedSince: state.time)
        phase = .asking(.writingEpoch, until: now + StartTimes.answer)
        return [.writeEpoch(epoch, expecting: 0)]
    }

    mutating func wroteEpoch(_ outcome: PublishOutcome, now: Int64) -> [StartAction] {
        switch outcome {
        // Another replica was first, or has begun to repair.
        case .stored, .wrongLastSequence: return ask(.epoch, now: now)
        case .busy(let text), .unknown(let text), .unreached(let text):
            return tryAgain(StartTrouble.writeNotTaken(text), now: now)
        case .refused(let text):
            return give(up: StartTrouble.writeRefused(text), now: now)
        }
    }
}
