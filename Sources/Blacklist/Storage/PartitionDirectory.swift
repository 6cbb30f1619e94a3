/// From a slice of time to its partition: an open-addressed table of (slice, partition), indexed by the slice's low
/// bits.
///
///     entries      2ⁿ times two words: the slice, the partition's word
///     expiries     2ⁿ words: the latest expiry in each partition; the writer's own, on lines of their own
///
/// The slices of a life of tokens are neighbours, so they lie side by side and the first place asked is the right one.
/// There is no window that a slice could lie outside of: a slice of another century (a broken or a foreign clock) has
/// its place like any other, is found as exactly, and is dropped when its own records have expired. At most half full.
///
/// Threads: an entry is filled in place, the slice last and releasing, and acquired by readers; its partition's word is
/// replaced (releasing) when the partition's array doubles. Entries are never emptied: partitions leave by a new
/// directory without them.
@usableFromInline
struct PartitionDirectory {
    static let minEntryBits: UInt64 = 3
    /// No slice: times have 48 bits.
    @usableFromInline static let noSlice = UInt64.max

    /// Address, and the shift that leaves an entry's index.
    @usableFromInline let word: UInt64

    @inlinable @inline(__always)
    init(word: UInt64) {
        self.word = word
    }

    static func word(at address: UInt, entryBits: UInt64) -> UInt64 {
        UInt64(address) | (64 - entryBits)
    }

    static func bytes(entryBits: UInt64) -> Int { 24 << Int(entryBits) }

    @inlinable @inline(__always)
    func partition(of slice: UInt64) -> Partition? {
        var index = slice & word.elementMask
        while true {
            let address = entry(index)
            let held = SharedWord(address).acquired
            if held == slice { return Partition(word: SharedWord(address &+ 8).acquired) }
            if held == Self.noSlice { return nil }
            index = (index &+ 1) & word.elementMask
        }
    }

    @inlinable @inline(__always)
    func entry(_ index: UInt64) -> UInt {
        word.blockAddress &+ UInt(truncatingIfNeeded: index &* 16)
    }

    // MARK: Writing

    var entryBits: UInt64 { 64 - word & 63 }
    var entryCount: UInt64 { word.elementMask + 1 }

    /// A block starts as zeros, and zero is a slice.
    func clear() {
        for index in 0..<entryCount { SharedWord(entry(index)).storeRelaxed(Self.noSlice) }
    }

    /// The entry of a slice, or the empty one where it belongs.
    func find(_ slice: UInt64) -> (index: UInt64, isHeld: Bool) {
        var index = slice & word.elementMask
        while true {
            let held = SharedWord(entry(index)).relaxed
            if held == slice { return (index, true) }
            if held == Self.noSlice { return (index, false) }
            index = (index + 1) & word.elementMask
        }
    }

    func slice(at index: UInt64) -> UInt64? {
        let slice = SharedWord(entry(index)).relaxed
        return slice == Self.noSlice ? nil : slice
    }

    func partition(at index: UInt64) -> Partition {
        Partition(word: SharedWord(entry(index) + 8).relaxed)
    }

    /// Puts a partition in the place of the one that the entry has.
    func replace(_ partition: Partition, at index: UInt64) {
        SharedWord(entry(index) + 8).storeReleasing(partition.word)
    }

    /// Fills the empty entry that `find` has said.
    func add(_ partition: Partition, slice: UInt64, latestExpiry: Int64, at index: UInt64) {
        setLatestExpiry(latestExpiry, at: index)
        SharedWord(entry(index) + 8).storeRelaxed(partition.word)
        SharedWord(entry(index)).storeReleasing(slice)
    }

    func latestExpiry(at index: UInt64) -> Int64 {
        Int64(bitPattern: expiry(index).relaxed)
    }

    func setLatestExpiry(_ expiry: Int64, at index: UInt64) {
        self.expiry(index).storeRelaxed(UInt64(bitPattern: expiry))
    }

    private func expiry(_ index: UInt64) -> SharedWord {
        SharedWord(word.blockAddress + UInt(entryCount) * 16 + UInt(index) * 8)
    }
}
