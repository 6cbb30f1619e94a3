import Blacklist

/// Rows and points of lookups: absent and present ids, by size.
enum Lookups {
    static let asked = 1 << 20
    /// Lookups between two readings of the clock.
    static let perRound = 1 << 17

    static func absent(_ count: Int, spread: Spread) -> [UUIDv7] { spread.ids(asked, seed: UInt64(count) &+ 77) }

    static func present(_ ids: [UUIDv7]) -> [UUIDv7] {
        var random = Generator(state: 5)
        return (0..<asked).map { _ in ids[Int(random.next() % UInt64(ids.count))] }
    }

    /// The table's rows: 1M with all four, 10M with the floor.
    static func rows(_ count: Int, _ spread: Spread, withOthers: Bool) throws {
        Report.note("lookups at \(count), \(spread.rawValue)")
        let contenders = try Contenders(count, spread, withOthers: withOthers)
        let size = count >= 1_000_000 ? "\(count / 1_000_000)M" : "\(count / 1_000)k"
        let absent = contenders.rounds(24, Self.absent(count, spread: spread), arePresent: false)
        let present = contenders.rounds(24, Self.present(contenders.ids), arePresent: true)
        compare("absent id at \(size), \(spread.rawValue)", absent, .floor, atMost: 1.5)
        compare("present id at \(size), \(spread.rawValue)", present, .floor, atMost: 1.5)
        for other in [Contenders.Table.ck, .tbb] where contenders.tables.contains(other) {
            faster(
                "absent id at \(size), \(spread.rawValue)", absent, other, atLeast: count == 1_000_000 ? 5 : nil)
            faster("present id at \(size), \(spread.rawValue)", present, other, atLeast: nil)
        }
        memory(contenders, size, spread)
    }

    private static func compare(
        _ name: String, _ series: [Contenders.Table: Series], _ against: Contenders.Table, atMost: Double
    ) {
        guard let own = series[.blacklist], let other = series[against] else { return }
        let quotient = ratio(own, other)
        Report.row(
            name, own, unit: "ns", against: against.rawValue, other, quotient, target: "≤ \(atMost)",
            isMet: quotient.median <= atMost)
    }

    private static func faster(
        _ name: String, _ series: [Contenders.Table: Series], _ against: Contenders.Table, atLeast: Double?
    ) {
        guard let own = series[.blacklist], let other = series[against] else { return }
        let quotient = ratio(other, own)
        Report.row(
            name, own, unit: "ns", against: against.rawValue, other, quotient,
            target: atLeast.map { "≥ \($0) times faster" } ?? "",
            isMet: atLeast.map { quotient.median >= $0 })
    }

    private static func memory(_ contenders: Contenders, _ size: String, _ spread: Spread) {
        let count = Double(contenders.ids.count)
        let own = Double(contenders.counters.bytes) / count
        Report.row(
            "memory an id at \(size), \(spread.rawValue)", Series(values: [own]), unit: "bytes", against: "floor",
            Series(values: [Double(contenders.floorBytes) / count]), nil, target: "≤ 48", isMet: own <= 48)
    }

    /// Cost against size, for the plot.
    static func points(_ count: Int, withOthers: Bool) throws {
        Report.note("plot at \(count)")
        let contenders = try Contenders(count, .life, withOthers: withOthers)
        let absent = contenders.rounds(16, Self.absent(count, spread: .life), arePresent: false)
        let present = contenders.rounds(16, Self.present(contenders.ids), arePresent: true)
        for table in contenders.tables {
            Report.point(table.rawValue, "absent", size: count, absent[table] ?? Series())
            Report.point(table.rawValue, "present", size: count, present[table] ?? Series())
        }
    }
}
