import Blacklist

/// SplitMix64: the same ids every time.
struct Generator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}

/// When the ids were made.
enum Spread: String {
    /// All in the same slice: one partition, as full as the floor's table. A bad day.
    case oneSlice = "one slice"
    /// Evenly over the lifetime of families, 20 slices: every day.
    case life = "a life"

    static let lifetime: Int64 = 30 * 86_400_000

    func ids(_ count: Int, seed: UInt64) -> [UUIDv7] {
        var random = Generator(state: seed)
        let start: Int64 = 1_800_000_000_000
        return (0..<count).map { _ in
            let age = self == .life ? Int64(random.next() >> 32) * Self.lifetime >> 32 : 0
            return UUIDv7(unixMilliseconds: start - age, using: &random)
        }
    }
}

extension Blacklist {
    static let secret: UInt64 = 0xd1b5_4a32_d192_ed03

    static func forMeasuring() -> Blacklist {
        Blacklist(lifetimeMilliseconds: Spread.lifetime, memoryLimitBytes: 16 << 30, secret: secret)
    }

    func insertAll(_ ids: [UUIDv7]) throws {
        var writer = Writer(self)
        for id in ids { try writer.insert(id, expiresAt: .max) }
    }
}

extension Blacklist.Reader {
    /// How many of the ids are held, in batches as a request loop has them.
    @inline(never)
    mutating func count(_ ids: borrowing [UUIDv7]) -> Int {
        var found = 0
        var index = 0
        while index < ids.count {
            let end = min(index + 64, ids.count)
            while index < end {
                if contains(ids[index]) { found += 1 }
                index += 1
            }
            quiesce()
        }
        return found
    }
}
