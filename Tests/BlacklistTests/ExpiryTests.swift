import Blacklist
import TestSupport
import Testing

@Suite("Expiry drops partitions, and nothing that is still needed")
struct ExpiryTests {
    private let blacklist = Blacklist(lifetimeMilliseconds: 32_000)
    private let start: Int64 = 1_800_000_000_000

    @Test("A slice is the power of two that is no less than a 32nd of the lifetime")
    func sliceWidth() {
        #expect(blacklist.sliceMilliseconds == 1_024)
        #expect(Blacklist(lifetimeMilliseconds: 32_768).sliceMilliseconds == 1_024)
        #expect(Blacklist(lifetimeMilliseconds: 32_800).sliceMilliseconds == 2_048)
        #expect(Blacklist(lifetimeMilliseconds: 0).sliceMilliseconds == 1)
    }

    @Test("Ids on both sides of a slice's edge are found, and go with their own slice")
    func boundaries() throws {
        var writer = Blacklist.Writer(blacklist)
        var reader = Blacklist.Reader(blacklist)
        let edge = start / 1_024 * 1_024
        let before = ids(1, at: edge - 1)[0]
        let after = ids(1, at: edge)[0]
        let last = ids(1, at: edge + 1_023)[0]
        try writer.insert(before, expiresAt: 100)
        try writer.insert(after, expiresAt: 200)
        try writer.insert(last, expiresAt: 150)
        #expect(blacklist.counters.partitions == 2)
        #expect(reader.count(of: [before, after, last]) == 3)
        #expect(writer.removeExpired(at: 150) == 1)
        #expect(reader.count(of: [before]) == 0)
        #expect(reader.count(of: [after, last]) == 2)
        #expect(writer.removeExpired(at: 200) == 2)
        #expect(reader.count(of: [after, last]) == 0)
        #expect(blacklist.counters.partitions == 0)
    }

    @Test("A record is held up to its expiry, not one millisecond less; the leeway is the caller's, in the expiry")
    func toTheMillisecond() throws {
        var writer = Blacklist.Writer(blacklist)
        var reader = Blacklist.Reader(blacklist)
        let id = ids(1, at: start)[0]
        let leeway: Int64 = 5_000
        try writer.insert(id, expiresAt: start + 900_000 + leeway)
        #expect(writer.removeExpired(at: start + 900_000 + leeway - 1) == 0)
        #expect(reader.count(of: [id]) == 1)
        #expect(writer.removeExpired(at: start + 900_000 + leeway) == 1)
        #expect(reader.count(of: [id]) == 0)
    }

    @Test("A lifetime lowered in the configuration resurrects no token that was issued under the longer one")
    func loweredLifetime() throws {
        let longest: Int64 = 30 * 86_400_000
        let before = Blacklist(lifetimeMilliseconds: longest)
        var first = Blacklist.Writer(before)
        var revoked: [(id: UUIDv7, expiresAt: Int64)] = []
        for (day, id) in (0..<30).flatMap({ day in ids(100, at: start + Int64(day) * 86_400_000).map { (day, $0) } }) {
            revoked.append((id, start + Int64(day) * 86_400_000 + longest))
        }
        for (id, expiresAt) in revoked { try first.insert(id, expiresAt: expiresAt) }
        // The replica starts again, its tokens live five minutes now, and the ledger tells it what was revoked before:
        // slices are of 16 s, and the records are older than a hundred lives of a token.
        let after = Blacklist(lifetimeMilliseconds: 300_000)
        #expect(after.sliceMilliseconds < before.sliceMilliseconds / 1_000)
        var writer = Blacklist.Writer(after)
        var reader = Blacklist.Reader(after)
        for (id, expiresAt) in revoked { try writer.insert(id, expiresAt: expiresAt) }
        for now in stride(from: start, through: start + 2 * longest, by: 3_600_000) {
            writer.removeExpired(at: now)
            let lost = revoked.filter { $0.expiresAt > now && !reader.contains($0.id) }
            #expect(lost.isEmpty)
            reader.quiesce()
        }
        #expect(after.count == 0)
    }

    @Test("A repeated revocation with an earlier expiry, as of a lowered lifetime, leaves the later one")
    func repeatedWithEarlierExpiry() throws {
        var writer = Blacklist.Writer(blacklist)
        var reader = Blacklist.Reader(blacklist)
        let (long, short) = (ids(1, at: start, seed: 1)[0], ids(1, at: start, seed: 2)[0])
        try writer.insert(long, expiresAt: start + 900_000)
        try writer.insert(short, expiresAt: start + 60_000)
        try writer.insert(long, expiresAt: start + 60_000)
        #expect(writer.removeExpired(at: start + 899_999) == 0)
        #expect(reader.count(of: [long, short]) == 2)
    }

    @Test("A slice that was dropped takes ids again, after a clock that went back")
    func afterDropping() throws {
        var writer = Blacklist.Writer(blacklist)
        var reader = Blacklist.Reader(blacklist)
        let some = ids(1_000, at: start)
        for _ in 0..<3 {
            for id in some { try writer.insert(id, expiresAt: start) }
            #expect(reader.count(of: some) == 1_000)
            #expect(writer.removeExpired(at: start) == 1_000)
            #expect(reader.count(of: some) == 0)
        }
        #expect(blacklist.count == 0)
    }

    @Test("Slices that come and go for years leave no memory behind")
    func longLife() throws {
        var writer = Blacklist.Writer(blacklist)
        var most = 0
        for slice in 0..<20_000 {
            let time = start + Int64(slice) * 1_024
            try writer.insert(ids(1, at: time)[0], expiresAt: time + 32_000)
            writer.removeExpired(at: time)
            most = max(most, blacklist.counters.bytes)
        }
        #expect(blacklist.counters.partitions <= 33)
        #expect(most < 65_536)
    }

    @Test("The unexpired ids are told once each, with an expiry that none outlives, also while the table grows")
    func unexpired() throws {
        var writer = Blacklist.Writer(blacklist)
        let slices = (0..<4).map { ids(60_000 / (1 + $0 * $0 * 50), at: start + Int64($0) * 5_000, seed: UInt64($0)) }
        for (index, ids) in slices.enumerated() {
            for id in ids { try writer.insert(id, expiresAt: start + Int64(index)) }
        }
        var told: [UUIDv7: Int] = [:]
        var cursor: BlacklistCursor? = .start
        var late = ids(200_000, at: start + 5_000, seed: 99).makeIterator()
        while let next = cursor {
            cursor = writer.forEachUnexpired(at: start, from: next) { id, expiresAt in
                told[id, default: 0] += 1
                #expect(expiresAt == start + (id.unixMilliseconds - start) / 5_000)
            }
            for _ in 0..<20_000 { if let id = late.next() { try writer.insert(id, expiresAt: start + 1) } }
        }
        #expect(slices[0].allSatisfy { told[$0] == nil })
        for slice in slices[1...] { #expect(slice.allSatisfy { told[$0] == 1 }) }
        #expect(told.values.allSatisfy { $0 == 1 })
    }
}
