/// The writer's side of a blacklist: what it holds, and how that changes under the readers' eyes.
///
/// An insert touches the directory's entry, the partition's place, the segment's count and slots, and two counters: words
/// of shared memory, all of them. Only growth (`+Growth`) and dropping (`+Expiry`) come to the heap.
///
/// `Sendable` by proof, not by the compiler: all but the constants is touched through `Blacklist.Writer` only, which is
/// one at a time (`claimWriting`), cannot be copied, and has only mutating methods; one writer's end happens before the
/// next one's beginning.
final class PartitionTable: @unchecked Sendable {
    let root: Root
    let secret: UInt64
    let sliceShift: UInt64
    let limitBytes: Int
    private let registry: ReaderRegistry
    private var heap: StorageHeap
    private var retired = RetiredBlocks()
    /// Entries of the directory that name a slice, those whose partition was dropped included.
    var occupiedEntries: UInt64 = 0
    /// Without an id, for entries whose partition was dropped: so that a lookup needs no test for them.
    let emptyPartition: Partition

    init(root: Root, registry: ReaderRegistry, secret: UInt64, sliceShift: UInt64, heap: consuming StorageHeap) {
        self.root = root
        self.registry = registry
        self.secret = secret
        self.sliceShift = sliceShift
        limitBytes = heap.limitBytes
        self.heap = heap
        do throws(BlacklistError) {
            let bits = (slots: Segment.minSlotBits, entries: PartitionDirectory.minEntryBits)
            let segment = Segment(
                word: Segment.word(
                    at: try self.heap.allocateBeyondLimit(Segment.bytes(slotBits: bits.slots)), slotBits: bits.slots))
            emptyPartition = Partition(
                word: Partition.word(
                    at: try self.heap.allocateBeyondLimit(Partition.bytes(depth: Partition.minDepth)),
                    depth: Partition.minDepth))
            emptyPartition.replace(emptyPartition.places(of: 0, depth: 0), with: segment)
            let directory = PartitionDirectory(
                word: PartitionDirectory.word(
                    at: try self.heap.allocateBeyondLimit(PartitionDirectory.bytes(entryBits: bits.entries)),
                    entryBits: bits.entries))
            directory.clear()
            root.directory.storeReleasing(directory.word)
        } catch {
            preconditionFailure("no memory for an empty blacklist")
        }
        root.bytes.storeRelaxed(UInt64(self.heap.bytes))
    }

    /// The writer's own view: it stored the word.
    var directory: PartitionDirectory { PartitionDirectory(word: root.directory.relaxed) }

    func insert(_ id: UUIDv7, expiresAt: Int64) throws(BlacklistError) {
        let hash = IDHash(id, secret: secret)
        do throws(BlacklistError) {
            let index = try entry(of: id.high >> sliceShift, expiresAt: expiresAt)
            while try !insert(id, hash, index) {
                try grow(hash, index)
            }
            if directory.latestExpiry(at: index) < expiresAt { directory.setLatestExpiry(expiresAt, at: index) }
        } catch {
            root.refusedInserts.storeRelaxed(root.refusedInserts.relaxed + 1)
            throw error
        }
    }

    /// False when the id's segment is full and has to grow first.
    private func insert(_ id: UUIDv7, _ hash: IDHash, _ index: UInt64) throws(BlacklistError) -> Bool {
        let segment = directory.partition(at: index).segment(of: hash)
        let (slot, isHeld) = segment.find(id, hash)
        if isHeld { return true }
        guard !segment.isFull else { return false }
        segment.store(id, hash, slot: slot)
        root.entries.storeRelaxed(root.entries.relaxed + 1)
        return true
    }

    // MARK: Memory

    /// What readers have let go of is freed first, when it would not fit otherwise.
    func allocate(_ size: Int) throws(BlacklistError) -> UInt {
        if !heap.hasRoom(for: size) { reclaim() }
        let address = try heap.allocate(size)
        root.bytes.storeRelaxed(UInt64(heap.bytes))
        return address
    }

    /// Looks before a step that takes several blocks, so that at the limit a refusal costs a comparison, not the making
    /// of the first of them.
    func demandRoom(for size: Int) throws(BlacklistError) {
        if !heap.hasRoom(for: size) { reclaim() }
        guard heap.hasRoom(for: size) else { throw .full(limitBytes: limitBytes) }
    }

    /// For a block that was never published.
    func release(_ address: UInt) {
        heap.release(address)
        root.bytes.storeRelaxed(UInt64(heap.bytes))
    }

    /// For blocks that have just been unlinked, and that readers may hold.
    func retire(_ addresses: [UInt]) {
        let epoch = root.epoch.relaxed + 1
        // Releasing: a reader that acquires this epoch cannot find what was unlinked before it.
        root.epoch.storeReleasing(epoch)
        for address in addresses { retired.append(address, bytes: heap.size(of: address), epoch: epoch) }
        reclaim()
    }

    func reclaim() {
        guard !retired.isEmpty else { return }
        for address in retired.take(upTo: registry.oldestPin()) { heap.release(address) }
        root.bytes.storeRelaxed(UInt64(heap.bytes))
        root.retiredBytes.storeRelaxed(UInt64(retired.bytes))
    }
}
