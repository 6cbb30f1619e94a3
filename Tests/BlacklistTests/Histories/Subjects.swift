import Blacklist

/// The blacklist as it is.
struct RealSubject: Subject, ~Copyable {
    private let blacklist: Blacklist
    private var reader: Blacklist.Reader
    private var writer: Blacklist.Writer

    init(lifetimeMilliseconds: Int64 = 300_000) {
        blacklist = Blacklist(lifetimeMilliseconds: lifetimeMilliseconds)
        reader = Blacklist.Reader(blacklist)
        writer = Blacklist.Writer(blacklist)
    }

    mutating func insert(_ id: UUIDv7, expiresAt: Int64) throws(BlacklistError) {
        try writer.insert(id, expiresAt: expiresAt)
    }
    mutating func contains(_ id: UUIDv7) -> Bool { reader.contains(id) }
    mutating func removeExpired(at now: Int64) -> Int { writer.removeExpired(at: now) }
    mutating func quiesce() { reader.quiesce() }
    var count: Int { blacklist.count }
    var sliceMilliseconds: Int64 { blacklist.sliceMilliseconds }
}

/// The blacklist with one defect, small enough that a lax test would pass it.
struct CanarySubject: Subject, ~Copyable {
    enum Defect: CaseIterable {
        /// One insert in 10,000 is acknowledged and not done.
        case losesAnInsert
        /// An id with the random bits of one that is held is taken for it.
        case comparesHalf
        /// Drops a slice a second early.
        case dropsEarly
        /// A repeated insert does not raise the expiry.
        case keepsTheFirstExpiry
        /// One absent id in 50,000 is taken for a revoked one, as by a filter that decides.
        case believesTheFilter
    }

    private let defect: Defect
    private var inner = RealSubject()
    private var inserts = 0
    private var lookups = 0
    private var halves: Set<UInt64> = []
    private var slices: [Int64: Int64] = [:]

    init(_ defect: Defect) {
        self.defect = defect
    }

    mutating func insert(_ id: UUIDv7, expiresAt: Int64) throws(BlacklistError) {
        inserts += 1
        let slice = id.unixMilliseconds / sliceMilliseconds
        switch defect {
        case .losesAnInsert where inserts % 10_000 == 0: return
        case .comparesHalf: halves.insert(id.low)
        case .keepsTheFirstExpiry:
            let expiry = slices[slice] ?? expiresAt
            slices[slice] = expiry
            return try inner.insert(id, expiresAt: expiry)
        default: break
        }
        try inner.insert(id, expiresAt: expiresAt)
    }

    mutating func contains(_ id: UUIDv7) -> Bool {
        if inner.contains(id) { return true }
        lookups += 1
        return switch defect {
        case .comparesHalf: halves.contains(id.low)
        case .believesTheFilter: lookups % 50_000 == 0
        default: false
        }
    }
    mutating func removeExpired(at now: Int64) -> Int {
        inner.removeExpired(at: defect == .dropsEarly ? now + 1_000 : now)
    }
    mutating func quiesce() { inner.quiesce() }
    var count: Int { inner.count }
    var sliceMilliseconds: Int64 { inner.sliceMilliseconds }
}
