/// The ids of one slice of time: segments, found by the top bits of the placement (extendible hashing).
///
///     places      2ᵈ segments' words, d at least 1
///     counts      2ᵈ words: the ids in a segment, at the first of its places; the writer's own, on lines of their own
///
/// A segment of a lesser depth than d stands in several neighbouring places. When one that stands in a single place has
/// to split, the array is doubled first: a copy of a few kilobytes. The counts are here and not in the segments, where
/// each would be one more cache miss an insert.
///
/// Threads: the words are stored releasing by the writer once the segment is filled, and acquired by readers. Between
/// two stores of a step a reader may find the old segment in one place and the new one in another; both hold the same.
@usableFromInline
struct Partition {
    /// Address, and the shift that leaves a segment's index. Never a shift of 64, which is why the array has two places
    /// at the least.
    @usableFromInline let word: UInt64

    @inlinable @inline(__always)
    init(word: UInt64) {
        self.word = word
    }

    static let minDepth: UInt64 = 1
    static let maxDepth = IDHash.segmentBits

    static func word(at address: UInt, depth: UInt64) -> UInt64 {
        UInt64(address) | (64 - depth)
    }

    static func bytes(depth: UInt64) -> Int { 2 * placesBytes(depth: depth) }

    private static func placesBytes(depth: UInt64) -> Int { max(8 << Int(depth), Int(CacheLine.bytes)) }

    @inlinable @inline(__always)
    func segment(of hash: IDHash) -> Segment {
        Segment(word: place(hash.placement &>> word).acquired)
    }

    @inlinable @inline(__always)
    func place(_ index: UInt64) -> SharedWord {
        SharedWord(word.blockAddress &+ UInt(truncatingIfNeeded: index &* 8))
    }

    // MARK: Writing

    var depth: UInt64 { 64 - word & 63 }

    /// The segment at a place, for the writer, who stored it.
    subscript(index: UInt64) -> Segment { Segment(word: place(index).relaxed) }

    /// The count of the segment at a place.
    func count(at index: UInt64) -> SharedWord {
        let copies = depth - self[index].depth
        let first = index & (UInt64.max &<< copies)
        return SharedWord(word.blockAddress + UInt(Self.placesBytes(depth: depth)) + UInt(first) * 8)
    }

    /// The places of a segment of this depth that a placement belongs to.
    func places(of placement: UInt64, depth segmentDepth: UInt64) -> Range<UInt64> {
        let copies = depth - segmentDepth
        let prefix = segmentDepth == 0 ? 0 : placement >> (64 - segmentDepth)
        return prefix << copies..<(prefix + 1) << copies
    }

    func replace(_ places: Range<UInt64>, with segment: Segment, count: UInt64) {
        for index in places { place(index).storeReleasing(segment.word) }
        self.count(at: places.lowerBound).storeRelaxed(count)
    }

    /// Calls with every segment once, and with its count.
    func forEachSegment(_ body: (Segment, _ count: UInt64) -> Void) {
        var index: UInt64 = 0
        while index <= word.elementMask {
            let segment = self[index]
            body(segment, count(at: index).relaxed)
            index += 1 << (depth - segment.depth)
        }
    }
}
