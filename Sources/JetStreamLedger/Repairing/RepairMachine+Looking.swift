/// What an epoch means that was found, and what is to be done about it.
extension RepairMachine {
    mutating func lost(_ reason: ReplayReason, now: Int64) -> [RepairAction] {
        // What others publish meanwhile moves the records of this one. If it was more, the epoch says so in the end.
        if reason == .overtaken, repair != nil { return [] }
        beginRepair(reason, now: now)
        return read(now: now)
    }

    @discardableResult
    private mutating func beginRepair(_ reason: ReplayReason, byEpoch: Bool = false, now: Int64) -> Repair {
        let begun = Repair(reason: reason, isByEpoch: byEpoch)
        (repair, wait, doubt) = (begun, nil, nil)
        return begun
    }

    mutating func looked(_ found: FoundEpoch?, lastRevocation: UInt64?, now: Int64) -> [RepairAction] {
        guard let repair else { return compared(found, now: now) }
        return repair.isPublished
            ? closing(repair, found, lastRevocation: lastRevocation, now: now) : opening(repair, found, now: now)
    }

    // MARK: Nothing is known to be lost

    private mutating func compared(_ found: FoundEpoch?, now: Int64) -> [RepairAction] {
        if let found, let epoch = found.epoch, epoch.name == ours ?? epoch.name, epoch.state != .repairing {
            doubt = nil
            return ours != nil && now >= nextRenewal
                ? write(epoch.state, epoch.name, over: found.sequence, now: now) : rest(now: now)
        }
        // Something was lost that another has noticed, or nobody yet.
        let sequence = found?.sequence ?? 0
        guard doubt == sequence else {
            doubt = sequence
            return rest(now: now, for: RepairTimes.doubt)
        }
        let repair = beginRepair(found?.epoch == nil ? .purged : .overtaken, byEpoch: true, now: now)
        return opening(repair, found, now: now)
    }

    // MARK: Something is lost

    /// Before anything is published: whether somebody has begun already, and whether there is anything to be done.
    private mutating func opening(_ repair: Repair, _ found: FoundEpoch?, now: Int64) -> [RepairAction] {
        guard let found, let epoch = found.epoch else { return open(over: found?.sequence ?? 0, now: now) }
        // Or it has never been current, and has seen a record that was the stream's first move to its end: whoever published
        // again what was lost would have said so here. Or the epoch was not seen, or another one was, and here it stands: a
        // leader that was cut off had told what it remembered, and what it was to store has shown that it leads no more.
        if epoch.name == ours ?? epoch.name, epoch.state != .repairing, repair.reason == .overtaken || repair.isByEpoch {
            self.repair = nil
            return rest(now: now)
        }
        switch epoch.state {
        case .repairing where epoch.redeemedSince < redeemedSince:
            // Begun before what this replica knows to be lost: it may be a copy's, of a repair that was never ended. Whoever joins
            // it must learn of both.
            return write(.repairing, epoch.name, over: found.sequence, now: now)
        case .repairing:
            return publish(under: epoch.name, at: found.sequence, now: now)
        case .whole where epoch.name != ours && [.purged, .overtaken].contains(repair.reason):
            return publish(under: epoch.name, at: found.sequence, now: now)
        case .whole, .presumed:
            // The end of another loss, which a copy that was restored has brought back; or the word of one that could not
            // know whether anybody knew more.
            return open(over: found.sequence, now: now)
        }
    }

    /// A loss that nobody has begun to repair.
    private mutating func open(over sequence: UInt64, now: Int64) -> [RepairAction] {
        opened += 1
        return write(
            .repairing, "\(instance).\(opened)", redeemedSince: redemptionsLost(by: now), over: sequence, now: now)
    }

    /// Begun by this process: here, or when it made the stream anew.
    private func isOwn(_ name: String) -> Bool { name.hasPrefix("\(instance).") }

    mutating func publish(under name: String, at sequence: UInt64, now: Int64) -> [RepairAction] {
        guard let reason = repair?.reason else { return rest(now: now) }
        repair?.joined = Repair.Joined(name: name, sequence: sequence)
        // Now, not when the loss was found: until it gets as far as this, it may have been cut off, and something else been lost.
        repair?.knewAll = proofs.isUnbroken(at: now)
        phase = .publishing
        return [.publish(reason)]
    }

    mutating func published(now: Int64) -> [RepairAction] {
        guard let repair, let joined = repair.joined else { return rest(now: now) }
        self.repair?.isPublished = true
        return repair.knewAll ? write(.whole, joined.name, over: joined.sequence, now: now) : read(now: now)
    }

    private mutating func closing(
        _ repair: Repair, _ found: FoundEpoch?, lastRevocation: UInt64?, now: Int64
    ) -> [RepairAction] {
        guard let found, let epoch = found.epoch, epoch.name == repair.joined?.name else {
            // The epoch is not what it was when this replica began: lost again meanwhile.
            let repair = beginRepair(.purged, byEpoch: true, now: now)
            return opening(repair, found, now: now)
        }
        if epoch.state == .whole { return ended(now: now) }
        if repair.knewAll { return write(.whole, epoch.name, over: found.sequence, now: now) }
        if epoch.state == .presumed { return ended(now: now) }
        guard let lastRevocation else {
            wait = nil
            _ = rest(now: now, for: RepairTimes.waitingLook)
            return [.report(RepairTrouble.waiting)]
        }
        var wait = wait ?? RepairWait(found, lastRevocation: lastRevocation, now: now)
        wait.looked(found, lastRevocation: lastRevocation, now: now)
        self.wait = wait
        let limit = isOwn(epoch.name) ? RepairTimes.stillOwn : RepairTimes.still
        guard wait.isOver(limit, now: now) else {
            _ = rest(now: now, for: RepairTimes.waitingLook)
            return [.report(RepairTrouble.waiting)]
        }
        // Nobody who knows more is left.
        return [.report(RepairTrouble.lost)] + write(.presumed, epoch.name, over: found.sequence, now: now)
    }

    mutating func ended(now: Int64) -> [RepairAction] {
        ours = repair?.joined?.name ?? ours
        (repair, wait) = (nil, nil)
        nextRenewal = now + renewal
        return rest(now: now)
    }
}
