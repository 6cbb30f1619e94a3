import Blacklist
import Floor
import Others

/// The four tables with the same ids in them. The ids stay where they are: ck_hs points to them.
@safe final class Contenders {
    let ids: [UUIDv7]
    private let blacklist = Blacklist.forMeasuring()
    private let floor: OpaquePointer
    private let ck: UnsafeMutableRawPointer?
    private let tbb: UnsafeMutableRawPointer?
    private var reader: Blacklist.Reader

    enum Table: String, CaseIterable {
        case blacklist, floor
        case ck = "ck_hs"
        case tbb = "concurrent_hash_map"
    }

    /// - Parameter withOthers: whether ck_hs and oneTBB are filled too; they take most of the time and memory.
    init(_ count: Int, _ spread: Spread, withOthers: Bool) throws {
        ids = spread.ids(count, seed: 1)
        try blacklist.insertAll(ids)
        unsafe floor = floor_make(Blacklist.secret)
        unsafe ck = withOthers ? ck_table_make() : nil
        unsafe tbb = withOthers ? tbb_table_make() : nil
        reader = Blacklist.Reader(blacklist)
        unsafe ids.withUnsafeBytes { bytes in
            unsafe floor_insert_all(floor, bytes.assumingMemoryBound(to: floor_id.self).baseAddress, ids.count)
            if withOthers {
                let others = unsafe bytes.assumingMemoryBound(to: others_id.self).baseAddress
                unsafe ck_table_insert_all(ck, others, ids.count)
                unsafe tbb_table_insert_all(tbb, others, ids.count)
            }
        }
    }

    deinit {
        unsafe floor_free(floor)
        if let ck = unsafe ck { unsafe ck_table_free(ck) }
        if let tbb = unsafe tbb { unsafe tbb_table_free(tbb) }
    }

    var tables: [Table] { unsafe ck == nil ? [.blacklist, .floor] : Table.allCases }
    var counters: BlacklistCounters { blacklist.counters }
    var floorBytes: Int { unsafe floor_bytes(floor) }

    /// Nanoseconds a lookup; every table is asked for the same ids in the same order.
    func lookup(_ table: Table, _ asked: [UUIDv7], expecting: Int) -> Double {
        var found = 0
        let each = nanosecondsEach(asked.count) {
            if table == .blacklist {
                found = reader.count(asked)
            } else {
                found = unsafe asked.withUnsafeBytes { bytes in
                    let floorIDs = unsafe bytes.assumingMemoryBound(to: floor_id.self).baseAddress
                    let otherIDs = unsafe bytes.assumingMemoryBound(to: others_id.self).baseAddress
                    return switch table {
                    case .floor: unsafe floor_count(floor, floorIDs, asked.count)
                    case .ck: unsafe ck_table_count(ck, otherIDs, asked.count)
                    default: unsafe tbb_table_count(tbb, otherIDs, asked.count)
                    }
                }
            }
        }
        precondition(found == expecting, "\(table) found \(found) of \(asked.count), expected \(expecting)")
        return each
    }

    /// So many rounds; in each, every table in turn is asked for the same part of the ids.
    func rounds(_ rounds: Int, _ asked: [UUIDv7], arePresent: Bool) -> [Table: Series] {
        var series: [Table: Series] = [:]
        let parts = stride(from: 0, to: asked.count, by: Lookups.perRound).map {
            Array(asked[$0..<min($0 + Lookups.perRound, asked.count)])
        }
        for round in 0..<rounds {
            let part = parts[round % parts.count]
            let other = parts[(round + 1) % parts.count]
            for table in round % 2 == 0 ? tables : tables.reversed() {
                // The table before it has filled the caches with its own; a loop that serves has its own in them.
                _ = lookup(table, other, expecting: arePresent ? other.count : 0)
                series[table, default: Series()].add(lookup(table, part, expecting: arePresent ? part.count : 0))
            }
        }
        return series
    }
}
