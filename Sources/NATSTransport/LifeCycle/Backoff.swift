/// The wait before the next attempt to connect: doubles up to a longest, each drawn at random from the upper half of
/// its range, so that a hundred loops do not knock at a returning server in the same millisecond. The first one is
/// drawn from the whole of a short range: a server that comes back at once is found at once.
struct Backoff: Sendable {
    private let first: UInt64
    private let longest: UInt64
    private var attempt = 0
    private var random: UInt64

    /// Times in nanoseconds. The same `seed` gives the same waits.
    init(first: UInt64, longest: UInt64, seed: UInt64) {
        self.first = first
        self.longest = longest
        random = seed
    }

    mutating func next() -> UInt64 {
        let range = min(longest, attempt >= 32 ? longest : first << UInt64(attempt))
        attempt += 1
        // A linear congruential step: spreading loops apart asks for no more.
        random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        let drawn = (random >> 33) % (range / 2 + 1)
        return attempt == 1 ? drawn * 2 : range / 2 + drawn
    }

    mutating func reset() {
        attempt = 0
    }
}
