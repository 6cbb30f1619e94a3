internal import Blacklist

extension FollowMachine {
    mutating func consumerCreated(now: Int64) -> [FollowAction] {
        guard case .creatingConsumer = phase else { return [] }
        phase = .following
        lastHeard = now
        lastProgress = now
        return beginLook(now: now)
    }

    mutating func took(_ delivery: Delivery, _ id: UUIDv7?, now: Int64) -> [FollowAction] {
        // Before the answer to its creation too: deliveries can overtake it.
        guard delivery.consumer == consumerNumber, isFollowingOrAboutTo else { return [] }
        guard delivery.consumerSequence == consumerSequence + 1 else { return locate(now: now) }
        consumerSequence = delivery.consumerSequence
        if let missed = own.delivered(delivery.streamSequence) {
            // Passed over: replaced meanwhile, or purged. To be seen now.
            suspect = suspect ?? missed
            nextLook = now
        }
        if let id {
            let position = Position(sequence: delivery.streamSequence, time: delivery.time)
            applied = Anchor(id: id, position: position)
            anchor = anchor ?? applied
            sample.insert(Anchor(id: id, position: position))
        }
        reached = max(reached, delivery.streamSequence)
        if delivery.streamSequence > delivered?.sequence ?? 0 {
            delivered = Position(sequence: delivery.streamSequence, time: delivery.time)
        }
        if delivery.pending == 0 { drained = max(drained, delivery.streamSequence) }
        highestSeen = max(highestSeen, delivery.streamSequence)
        lastHeard = now
        lastProgress = now
        checkTarget(now: now)
        guard case .creatingConsumer = phase else { return [.apply] }
        // It is there, whatever has become of the answer to its creation.
        return [.apply] + consumerCreated(now: now)
    }

    mutating func heard(_ number: UInt64, _ lastConsumerSequence: UInt64, now: Int64) -> [FollowAction] {
        guard number == consumerNumber, isFollowingOrAboutTo else { return [] }
        // The consumer has delivered more than came here, or has started anew without being asked to.
        guard lastConsumerSequence == consumerSequence else { return locate(now: now) }
        lastHeard = now
        return consumerCreated(now: now)
    }

    private var isFollowingOrAboutTo: Bool {
        switch phase {
        case .creatingConsumer, .following: true
        case .disconnected, .waitingForStream, .locating, .pausing: false
        }
    }

    mutating func missing() -> [FollowAction] {
        switch phase {
        case .disconnected, .waitingForStream, .pausing: return []
        case .locating, .creatingConsumer, .following:
            phase = .waitingForStream
            look = nil
            target = nil
            return [.checkStream]
        }
    }

    mutating func failed(now: Int64) -> [FollowAction] {
        switch phase {
        case .disconnected, .waitingForStream, .pausing: break
        case .locating, .creatingConsumer:
            look = nil
            phase = .pausing(until: now + FollowTimes.pause)
        case .following where look != nil:
            look = nil
            nextLook = now + FollowTimes.pause
        case .following: break
        }
        return []
    }

    mutating func tick(now: Int64) -> [FollowAction] {
        switch phase {
        case .disconnected, .waitingForStream:
            return []
        case .pausing(let until):
            return now >= until ? locate(now: now) : []
        case .locating, .creatingConsumer:
            guard now >= nextDeadline() ?? now else { return [] }
            noAnswer()
            return locate(now: now)
        case .following:
            let isSilent = now >= lastHeard + FollowTimes.silence
            let isStalled = target != nil && now >= lastProgress + FollowTimes.stall
            if isSilent || isStalled { return locate(now: now) }
            guard target == nil, now >= look?.until ?? nextLook else { return [] }
            if look != nil { noAnswer() }
            return beginLook(now: now)
        }
    }
}
