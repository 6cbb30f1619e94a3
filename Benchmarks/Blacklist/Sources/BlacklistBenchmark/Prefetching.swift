import Blacklist

/// Two lookups in two blacklists, as a verify has them, after a little other work: with and without a prefetch of both
/// before it. One pair waits for the last one's verdict, as requests that are answered one by one do.
enum Prefetching {
    static func rows() throws {
        let count = 10_000_000
        Report.note("prefetching at \(count)")
        let (families, tokens) = (Blacklist.forMeasuring(), Blacklist.forMeasuring())
        try families.insertAll(Spread.life.ids(count, seed: 20))
        try tokens.insertAll(Spread.life.ids(count, seed: 21))
        let (sids, jtis) = (Spread.life.ids(1 << 20, seed: 22), Spread.life.ids(1 << 20, seed: 23))
        var pair = Pair(families: Blacklist.Reader(families), tokens: Blacklist.Reader(tokens))
        for work in [0, 100, 400] {
            var (with, without) = (Series(), Series())
            for _ in 0..<7 {
                without.add(pair.run(sids, jtis, work: work, prefetches: false))
                with.add(pair.run(sids, jtis, work: work, prefetches: true))
            }
            Report.row(
                "both ids of a verify at 10M, prefetched before \(work) dependent steps of other work", with, unit: "ns",
                against: "not prefetched", without, ratio(with, without))
        }
    }

    struct Pair: ~Copyable {
        var families: Blacklist.Reader
        var tokens: Blacklist.Reader

        @inline(never)
        mutating func run(_ sids: [UUIDv7], _ jtis: [UUIDv7], work: Int, prefetches: Bool) -> Double {
            var state: UInt64 = 1
            let each = nanosecondsEach(sids.count) {
                for step in 0..<sids.count {
                    // Where the next pair is hangs on the last verdict.
                    let index = (step &+ Int(truncatingIfNeeded: state & 1)) & (sids.count - 1)
                    if prefetches {
                        families.prefetch(sids[index])
                        tokens.prefetch(jtis[index])
                    }
                    for _ in 0..<work { state = state &* 0x9e37_79b9_7f4a_7c15 &+ 1 }
                    let first = families.contains(sids[index])
                    if first || tokens.contains(jtis[index]) { state &+= 1 }
                    state &+= state >> 63
                }
                families.quiesce()
                tokens.quiesce()
            }
            return each
        }
    }
}
