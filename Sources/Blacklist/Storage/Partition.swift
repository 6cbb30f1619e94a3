/// The ids of one slice of time: segments, found by the top bits of the placement (extendible hashing).
///
/// A partition is an array of 2ᵈ segment words, d at least 1. A segment of a lesser depth stands in several neighbouring
/// places. When one that stands in a single place has to split, the array is doubled first: a copy of a few kilobytes.
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

    static func bytes(depth: UInt64) -> Int { 8 << Int(depth) }

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

    /// The places of a segment of this depth that a placement belongs to.
    func places(of placement: UInt64, depth segmentDepth: UInt64) -> Range<UInt64> {
        let copies = depth - segmentDepth
        let prefix = segmentDepth == 0 ? 0 : placement >> (64 - segmentDepth)
        return prefix << copies..<(prefix + 1) << copies
    }

    func replace(_ places: Range<UInt64>, with segment: Segment) {
        for index in places { place(index).storeReleasing(segment.word) }
    }

    /// Calls with every segment once.
    func forEachSegment(_ body: (Segment) -> Void) {
        var index: UInt64 = 0
        while index <= word.elementMask {
            let segment = self[index]
            body(segment)
            index += 1 << (depth - segment.depth)
        }
    }
}
