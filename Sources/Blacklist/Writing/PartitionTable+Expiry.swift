/// Dropping what nobody needs any more, and telling what somebody does.
extension PartitionTable {
    /// Needs no memory, so that it works at the limit too: the entry stays, and names the empty partition.
    func removeExpired(at now: Int64) -> Int {
        var removed: UInt64 = 0
        var blocks: [UInt] = []
        for index in 0..<directory.entryCount where isHeld(index) && directory.latestExpiry(at: index) <= now {
            let partition = directory.partition(at: index)
            directory.replace(emptyPartition, at: index)
            partition.forEachSegment { segment, count in
                removed += count
                blocks.append(segment.word.blockAddress)
            }
            blocks.append(partition.word.blockAddress)
            root.partitions.storeRelaxed(root.partitions.relaxed - 1)
        }
        root.entries.storeRelaxed(root.entries.relaxed - removed)
        if blocks.isEmpty { reclaim() } else { retire(blocks) }
        return Int(removed)
    }

    /// One segment's ids; see `Blacklist.Writer.forEachUnexpired`.
    func forEachUnexpired(
        at now: Int64, from cursor: BlacklistCursor, _ body: (UUIDv7, Int64) -> Void
    ) -> BlacklistCursor? {
        guard let (slice, index) = nextSlice(from: cursor.slice, at: now) else { return nil }
        // In a later slice than the cursor's it begins at the beginning.
        let placement = slice == cursor.slice ? cursor.placement : 0
        let partition = directory.partition(at: index)
        let segment = partition[placement &>> partition.word]
        let expiry = directory.latestExpiry(at: index)
        segment.forEach { body($0, expiry) }
        let width = segment.depth == 0 ? 0 : UInt64.max >> segment.depth + 1
        let (next, overflow) = placement.addingReportingOverflow(width)
        let isLast = overflow || width == 0
        return isLast ? BlacklistCursor(slice: slice + 1, placement: 0) : BlacklistCursor(slice: slice, placement: next)
    }

    /// The first slice, from this one on, with an id that has not expired.
    private func nextSlice(from first: UInt64, at now: Int64) -> (slice: UInt64, index: UInt64)? {
        var best: (slice: UInt64, index: UInt64)?
        for index in 0..<directory.entryCount where isHeld(index) && directory.latestExpiry(at: index) > now {
            guard let slice = directory.slice(at: index), slice >= first, slice < best?.slice ?? .max else { continue }
            best = (slice, index)
        }
        return best
    }

    private func isHeld(_ index: UInt64) -> Bool {
        directory.slice(at: index) != nil && directory.partition(at: index).word != emptyPartition.word
    }
}
