/// A set of 16-byte ids in one array: open addressing, linear probing, four slots a cache line. An id's run starts
/// where its hash says and ends at the first empty slot; nothing is ever removed from it, so a slot changes once.
///
/// An empty slot is zero: the variant bits of a UUID (RFC 9562, section 4.1) make an id's second word never zero.
///
/// Threads: one writer, any number of readers. The id's second word is stored last, releasing; the reader that acquires
/// it sees the first word, and the filter's bits, that were stored before. A reader that comes earlier sees zero: the
/// end of the run, where the id was not yet.
@usableFromInline
enum OpenAddressingSet {
    static let slotBytes: UInt = 16

    @inlinable @inline(__always)
    static func contains(_ id: UUIDv7, table: UInt, start: UInt64, mask: UInt64) -> Bool {
        var slot = start
        while true {
            let address = table &+ UInt(truncatingIfNeeded: slot) &* 16
            let low = SharedWord(address).acquired
            if low == id.low, SharedWord(address &+ 8).relaxed == id.high { return true }
            if low == 0 { return false }
            slot = (slot &+ 1) & mask
        }
    }

    /// The slot of an id, or the empty one where it belongs. There is always an empty one: see `Segment.maxCount`.
    static func find(_ id: UUIDv7, table: UInt, start: UInt64, mask: UInt64) -> (slot: UInt, isHeld: Bool) {
        var slot = start
        while true {
            let address = table &+ UInt(truncatingIfNeeded: slot) &* slotBytes
            let low = SharedWord(address).relaxed
            if low == 0 { return (address, false) }
            if low == id.low, SharedWord(address &+ 8).relaxed == id.high { return (address, true) }
            slot = (slot &+ 1) & mask
        }
    }

    static func store(_ id: UUIDv7, slot: UInt) {
        SharedWord(slot &+ 8).storeRelaxed(id.high)
        SharedWord(slot).storeReleasing(id.low)
    }
}
