/// What a replica has been delivered since it was last current, and in what time: of a start, how fast the ledger was
/// replayed, without what came before and after.
struct CatchUp {
    private(set) var records = 0
    /// In monotonic nanoseconds.
    private var first: UInt64 = 0
    private var last: UInt64 = 0

    var milliseconds: Int { Int((last - first) / 1_000_000) }

    mutating func delivered(at now: UInt64) {
        if records == 0 { first = now }
        last = now
        records += 1
    }
}
