/// One part of a pool, in turn.
struct Cursor {
    let range: Range<Int>
    private var position: Int
    private(set) var turns = 0

    init() { self.init(0, 0, 1) }

    init(_ count: Int, _ part: Int, _ parts: Int) {
        // A pool smaller than the threads that share it is asked by all of them.
        range = count >= parts ? count * part / parts..<count * (part + 1) / parts : 0..<count
        position = range.lowerBound
    }

    mutating func next() -> Int {
        let taken = position
        position += 1
        if position == range.upperBound {
            position = range.lowerBound
            turns += 1
        }
        return taken
    }
}

/// SplitMix64: random enough for shares, and a nanosecond.
struct SplitMix {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
