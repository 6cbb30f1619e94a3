internal import CPrefetch

/// A filter before a set, in one block: the piece in which a partition grows.
///
///     filter      a line for every 32 slots
///     slots       16 bytes each
///
/// A segment doubles until it has 2¹⁵ slots (576 KiB), and from then on splits in two. So a step of growth copies at
/// most 26,000 ids, some 100 µs of the writer's time, however many millions there are, and holds no more than one
/// segment twice. What it was chosen over: one table that doubles, which at ten million ids stops the writer for a
/// tenth of a second and needs half as much memory again while it does.
///
/// The filter's line follows from the slot (32 neighbours share a line) and a copy keeps the order of the slots, so a
/// step of growth reads and writes memory from front to back.
@usableFromInline
struct Segment {
    static let minSlotBits: UInt64 = 5
    static let maxSlotBits: UInt64 = 15

    /// Address, the shift that leaves a slot's index, and for the writer the depth.
    @usableFromInline let word: UInt64

    @inlinable @inline(__always)
    init(word: UInt64) {
        self.word = word
    }

    /// - Parameter depth: how many top bits of the placement all ids here have in common.
    static func word(at address: UInt, slotBits: UInt64, depth: UInt64) -> UInt64 {
        UInt64(address) | (64 - slotBits) | depth << 56
    }

    static func bytes(slotBits: UInt64) -> Int {
        Int((filterBytesPerSlot + OpenAddressingSet.slotBytes) << UInt(slotBits))
    }

    private static let filterBytesPerSlot: UInt = 2

    // MARK: Reading

    /// What the filter says; "no" is certain.
    @inlinable @inline(__always)
    func mayContain(_ hash: IDHash) -> Bool {
        BlockedBloomFilter.mayContain(hash.pattern, line: line(of: hash.slotPlacement &>> word))
    }

    /// What the set says.
    @inlinable @inline(__always)
    func contains(_ id: UUIDv7, _ hash: IDHash) -> Bool {
        OpenAddressingSet.contains(id, table: table, start: hash.slotPlacement &>> word, mask: word.elementMask)
    }

    /// The filter's line of a slot: 64 bytes for 32 slots.
    @inlinable @inline(__always)
    func line(of slot: UInt64) -> UInt {
        word.blockAddress &+ UInt(truncatingIfNeeded: (slot &<< 1) & ~63)
    }

    /// Behind two bytes of filter a slot.
    @inlinable @inline(__always)
    var table: UInt {
        word.blockAddress &+ 2 &+ UInt(truncatingIfNeeded: word.elementMask &<< 1)
    }

    // MARK: Writing

    var slotBits: UInt64 { 64 - word & 63 }

    var depth: UInt64 { word >> 56 }

    /// Four slots of five: a run has 3 slots then on average, and one that ends in an empty slot 13.
    var maxCount: UInt64 { (word.elementMask + 1) / 5 * 4 }

    /// Has the first slot of a hash fetched, and its line of the filter.
    func prefetch(_ hash: IDHash) {
        let slot = hash.slotPlacement &>> word
        prefetch_for_reading(table &+ UInt(truncatingIfNeeded: slot) &* OpenAddressingSet.slotBytes)
        prefetch_for_reading(line(of: slot))
    }

    func find(_ id: UUIDv7, _ hash: IDHash) -> (slot: UInt, isHeld: Bool) {
        OpenAddressingSet.find(id, table: table, start: hash.slotPlacement &>> word, mask: word.elementMask)
    }

    /// Stores an id that is not held, where `find` has said. The filter first: a reader that finds the slot filled must
    /// be let through to it.
    func store(_ id: UUIDv7, _ hash: IDHash, slot: UInt) {
        BlockedBloomFilter.insert(hash.pattern, line: line(of: hash.slotPlacement &>> word))
        OpenAddressingSet.store(id, slot: slot)
    }

    /// Takes over an id from another segment; there is room.
    func add(_ id: UUIDv7, _ hash: IDHash) {
        store(id, hash, slot: find(id, hash).slot)
    }

    /// Calls with every id, in the order of the slots.
    func forEach<Failure: Error>(_ body: (UUIDv7) throws(Failure) -> Void) throws(Failure) {
        var address = table
        let end = table + UInt(word.elementMask + 1) * OpenAddressingSet.slotBytes
        while address < end {
            let low = SharedWord(address).relaxed
            if low != 0 { try body(UUIDv7(storedHigh: SharedWord(address + 8).relaxed, low: low)) }
            address += OpenAddressingSet.slotBytes
        }
    }
}
