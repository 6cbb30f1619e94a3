import Blacklist
import Floor

/// From empty to so many ids, growth included.
enum Inserts {
    static func rows(_ count: Int, _ spread: Spread, rounds: Int) throws {
        Report.note("inserts of \(count), \(spread.rawValue)")
        let ids = spread.ids(count, seed: 3)
        var own = Series()
        var floor = Series()
        var peak = 0
        for round in 0..<rounds * 2 {
            if round % 2 == (round / 2) % 2 {
                let blacklist = Blacklist.forMeasuring()
                var writer = Blacklist.Writer(blacklist)
                own.add(
                    try nanosecondsEach(count) {
                        for id in ids { try writer.insert(id, expiresAt: .max) }
                    })
                peak = max(peak, blacklist.counters.bytes)
                precondition(blacklist.count == count)
            } else {
                let set = unsafe floor_make(Blacklist.secret)
                floor.add(
                    unsafe ids.withUnsafeBytes { bytes in
                        let floorIDs = unsafe bytes.assumingMemoryBound(to: floor_id.self).baseAddress
                        return nanosecondsEach(count) { unsafe floor_insert_all(set, floorIDs, count) }
                    })
                unsafe floor_free(set)
            }
        }
        let quotient = ratio(own, floor)
        Report.row(
            "insert, empty to \(count / 1_000_000)M, \(spread.rawValue)", own, unit: "ns", against: "floor", floor,
            quotient, target: "≤ 2.0", isMet: quotient.median <= 2)
        let rate = Series(values: own.values.map { 1_000 / $0 })
        Report.row(
            "insert rate, empty to \(count / 1_000_000)M, \(spread.rawValue)", rate, unit: "M/s", against: "", nil, nil)
    }
}
