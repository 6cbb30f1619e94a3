import Blacklist
import TestSupport

/// Ids of one moment, the same for the same seed.
func ids(_ count: Int, at milliseconds: Int64 = 1_800_000_000_000, seed: UInt64 = 1) -> [UUIDv7] {
    var random = SeededGenerator(seed: seed)
    return (0..<count).map { _ in UUIDv7(unixMilliseconds: milliseconds, using: &random) }
}

extension Blacklist.Reader {
    /// How many of these are found.
    mutating func count(of ids: [UUIDv7]) -> Int {
        var found = 0
        for id in ids where contains(id) { found += 1 }
        return found
    }
}

/// A secret that puts every id in the same place every time.
let fixedSecret: UInt64 = 0x9e37_79b9_7f4a_7c15
