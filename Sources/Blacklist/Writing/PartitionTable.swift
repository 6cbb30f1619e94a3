/// The writer's side of a blacklist: what it holds, and how that changes under the readers' eyes.
///
/// Inserts come here only when something has to grow (`+Growth`), the others are an `InPlaceInsertion`; what has
/// expired is dropped here (`+Expiry`).
///
/// `Sendable` by proof, not by the compiler: all but the constants is touched through `Blacklist.Writer` only, which is
/// one at a time (`claimWriting`), cannot be copied, and has only mutating methods; one writer's end happens before the
/// next one's beginning.
final class PartitionTable: @unchecked Sendable {
    let inPlace: InPlaceInsertion
    let limitBytes: Int
    private let registry: ReaderRegistry
    private var heap: StorageHeap
    private var retired = RetiredBlocks()
    /// Entries of the directory that name a slice, those whose partition was dropped included.
    var occupiedEntries: UInt64 = 0

    init(root: Root, registry: ReaderRegistry, secret: UInt64, sliceShift: UInt64, heap: consuming StorageHeap) {
        self.registry = registry
        limitBytes = heap.limitBytes
        self.heap = heap
        do throws(BlacklistError) {
            let bits = (slots: Segment.minSlotBits, entries: PartitionDirectory.minEntryBits)
            let segment = Segment(
                word: Segment.word(
                    at: try self.heap.allocateBeyondLimit(Segment.bytes(slotBits: bits.slots)), slotBits: bits.slots,
                    depth: 0))
            let emptyPartition = Partition(
                word: Partition.word(
                    at: try self.heap.allocateBeyondLimit(Partition.bytes(depth: Partition.minDepth)),
                    depth: Partition.minDepth))
            emptyPartition.replace(emptyPartition.places(of: 0, depth: 0), with: segment, count: 0)
            let directory = PartitionDirectory(
                word: PartitionDirectory.word(
                    at: try self.heap.allocateBeyondLimit(PartitionDirectory.bytes(entryBits: bits.entries)),
                    entryBits: bits.entries))
            directory.clear()
            inPlace = InPlaceInsertion(
                root: root, secret: secret, sliceShift: sliceShift, emptyPartition: emptyPartition)
            root.directory.storeReleasing(directory.word)
        } catch {
            preconditionFailure("no memory for an empty blacklist")
        }
        root.bytes.storeRelaxed(UInt64(self.heap.bytes))
    }

    var root: Root { inPlace.root }
    var secret: UInt64 { inPlace.secret }
    var emptyPartition: Partition { inPlace.emptyPartition }
    var directory: PartitionDirectory { inPlace.directory }

    /// For an id that could not be inserted in place: makes room step by step, and inserts it.
    func insert(_ id: UUIDv7, expiresAt: Int64) throws(BlacklistError) {
        let hash = IDHash(id, secret: inPlace.secret)
        do throws(BlacklistError) {
            let index = try entry(of: id.high >> inPlace.sliceShift, expiresAt: expiresAt)
            while !inPlace.insert(id, expiresAt: expiresAt) {
                try grow(hash, index)
            }
        } catch {
            root.refusedInserts.storeRelaxed(root.refusedInserts.relaxed + 1)
            throw error
        }
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
