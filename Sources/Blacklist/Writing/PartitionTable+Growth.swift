/// Growth, a step at a time: build aside, publish with one releasing store, retire what it replaces. A step that cannot
/// have its memory throws before anything has changed.
extension PartitionTable {
    /// The directory's entry of a slice, with a partition.
    func entry(of slice: UInt64, expiresAt: Int64) throws(BlacklistError) -> UInt64 {
        let (index, isHeld) = directory.find(slice)
        if isHeld && directory.partition(at: index).word != emptyPartition.word { return index }
        if !isHeld && (occupiedEntries + 1) * 2 > directory.entryCount {
            try rebuildDirectory()
            return try entry(of: slice, expiresAt: expiresAt)
        }
        let partition = try makePartition()
        root.partitions.storeRelaxed(root.partitions.relaxed + 1)
        if isHeld {
            directory.setLatestExpiry(expiresAt, at: index)
            directory.replace(partition, at: index)
        } else {
            directory.add(partition, slice: slice, latestExpiry: expiresAt, at: index)
            occupiedEntries += 1
        }
        return index
    }

    /// A step towards room for this id: its segment doubles, or splits, or the array gets the places for a split.
    func grow(_ hash: IDHash, _ index: UInt64) throws(BlacklistError) {
        let partition = directory.partition(at: index)
        let segment = partition.segment(of: hash)
        if segment.slotBits < Segment.maxSlotBits {
            let larger = try makeSegment(slotBits: segment.slotBits + 1, depth: segment.depth)
            segment.forEach { larger.add($0, IDHash($0, secret: secret)) }
            let count = partition.count(at: hash.placement &>> partition.word).relaxed
            partition.replace(
                partition.places(of: hash.placement, depth: segment.depth), with: larger, count: count)
            retire([segment.word.blockAddress])
        } else if segment.depth < partition.depth {
            try split(segment, of: partition, hash)
        } else {
            try doublePlaces(of: partition, index)
        }
    }

    private func split(_ segment: Segment, of partition: Partition, _ hash: IDHash) throws(BlacklistError) {
        let depth = segment.depth + 1
        try demandRoom(for: 2 * Segment.bytes(slotBits: segment.slotBits))
        let zeros = try makeSegment(slotBits: segment.slotBits, depth: depth)
        let ones: Segment
        do throws(BlacklistError) {
            ones = try makeSegment(slotBits: segment.slotBits, depth: depth)
        } catch {
            release(zeros.word.blockAddress)
            throw error
        }
        var (count, onesCount): (UInt64, UInt64) = (0, 0)
        segment.forEach { id in
            let hash = IDHash(id, secret: secret)
            let bit = hash.placement >> (64 - depth) & 1
            (bit == 1 ? ones : zeros).add(id, hash)
            count += 1
            onesCount += bit
        }
        let places = partition.places(of: hash.placement, depth: segment.depth)
        let middle = places.lowerBound + UInt64(places.count) / 2
        partition.replace(places.lowerBound..<middle, with: zeros, count: count - onesCount)
        partition.replace(middle..<places.upperBound, with: ones, count: onesCount)
        retire([segment.word.blockAddress])
    }

    private func doublePlaces(of partition: Partition, _ index: UInt64) throws(BlacklistError) {
        let depth = partition.depth + 1
        // 2²⁰ segments, 27 thousand million ids in one slice: no memory is as large.
        guard depth <= Partition.maxDepth else { throw .full(limitBytes: limitBytes) }
        let doubled = Partition(word: Partition.word(at: try allocate(Partition.bytes(depth: depth)), depth: depth))
        for place in 0...partition.word.elementMask {
            doubled.place(place * 2).storeReleasing(partition[place].word)
            doubled.place(place * 2 + 1).storeReleasing(partition[place].word)
        }
        for place in 0...partition.word.elementMask {
            doubled.count(at: place * 2).storeRelaxed(partition.count(at: place).relaxed)
        }
        directory.replace(doubled, at: index)
        retire([partition.word.blockAddress])
    }

    /// A directory for the slices that have ids, with room for as many again.
    private func rebuildDirectory() throws(BlacklistError) {
        let old = directory
        let held = (0..<old.entryCount).filter {
            old.slice(at: $0) != nil && old.partition(at: $0).word != emptyPartition.word
        }
        var bits = PartitionDirectory.minEntryBits
        while 1 << bits < (held.count + 1) * 3 { bits += 1 }
        let new = PartitionDirectory(
            word: PartitionDirectory.word(
                at: try allocate(PartitionDirectory.bytes(entryBits: bits)), entryBits: bits))
        new.clear()
        for index in held {
            guard let slice = old.slice(at: index) else { continue }
            new.add(
                old.partition(at: index), slice: slice, latestExpiry: old.latestExpiry(at: index),
                at: new.find(slice).index)
        }
        occupiedEntries = UInt64(held.count)
        // Releasing: whoever acquires the new directory finds it filled.
        root.directory.storeReleasing(new.word)
        retire([old.word.blockAddress])
    }

    private func makePartition() throws(BlacklistError) -> Partition {
        let segment = try makeSegment(slotBits: Segment.minSlotBits, depth: 0)
        do throws(BlacklistError) {
            let depth = Partition.minDepth
            let partition = Partition(
                word: Partition.word(at: try allocate(Partition.bytes(depth: depth)), depth: depth))
            partition.replace(partition.places(of: 0, depth: 0), with: segment, count: 0)
            return partition
        } catch {
            release(segment.word.blockAddress)
            throw error
        }
    }

    private func makeSegment(slotBits: UInt64, depth: UInt64) throws(BlacklistError) -> Segment {
        let address = try allocate(Segment.bytes(slotBits: slotBits))
        return Segment(word: Segment.word(at: address, slotBits: slotBits, depth: depth))
    }
}
