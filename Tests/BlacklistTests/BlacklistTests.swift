import Blacklist
import TestSupport
import Testing

@Suite("The blacklist answers exactly")
struct BlacklistTests {
    @Test("A random history of inserts, lookups and expiry agrees with a plain model")
    func agreesWithModel() throws {
        let seed = UInt64.random(in: .min ... .max)
        var random = SeededGenerator(seed: seed)
        let blacklist = Blacklist()
        let reader = Blacklist.Reader(blacklist)
        let writer = Blacklist.Writer(blacklist)
        var model: [UUIDv7: Int64] = [:]
        var now: Int64 = 1_700_000_000_000
        var known: [UUIDv7] = []
        for step in 0..<20_000 {
            switch random.next() % 10 {
            case 0..<4:
                let id = UUIDv7(unixMilliseconds: now, using: &random)
                let expiry = now + Int64(random.next() % 50_000)
                try writer.insert(id, expiresAt: expiry)
                model[id] = expiry
                known.append(id)
            case 4 where !known.isEmpty:
                let id = known[Int(random.next() % UInt64(known.count))]
                let expiry = now + Int64(random.next() % 50_000)
                try writer.insert(id, expiresAt: expiry)
                model[id] = max(model[id] ?? .min, expiry)
            case 5:
                now += Int64(random.next() % 2_000)
                writer.removeExpired(at: now)
                model = model.filter { $0.value > now }
            case 6:
                let id = UUIDv7(unixMilliseconds: now, using: &random)
                let found = reader.contains(id)
                #expect(!found, "seed \(seed), step \(step)")
            default:
                guard !known.isEmpty else { continue }
                let id = known[Int(random.next() % UInt64(known.count))]
                let found = reader.contains(id)
                #expect(found == (model[id] != nil), "seed \(seed), step \(step)")
            }
            reader.quiesce()
        }
        #expect(blacklist.count == model.count, "seed \(seed)")
    }

    @Test("At its capacity it refuses to take another id, and still holds every one it took")
    func refusesWhenFull() throws {
        var random = SeededGenerator(seed: 7)
        let blacklist = Blacklist(capacity: 100)
        let reader = Blacklist.Reader(blacklist)
        let writer = Blacklist.Writer(blacklist)
        let ids = (0..<100).map { _ in UUIDv7(unixMilliseconds: 1, using: &random) }
        for id in ids { try writer.insert(id, expiresAt: 10) }
        do throws(BlacklistError) {
            try writer.insert(UUIDv7(unixMilliseconds: 1, using: &random), expiresAt: 10)
            Issue.record("the id above the capacity was taken")
        } catch {
            #expect(error == .full(capacity: 100))
        }
        try writer.insert(ids[0], expiresAt: 20)
        for id in ids {
            let found = reader.contains(id)
            #expect(found)
        }
        let removed = writer.removeExpired(at: 10)
        let kept = reader.contains(ids[0])
        #expect(removed == 99)
        #expect(kept)
    }

    @Test("A revocation is seen by a reader on another thread once the insert has returned")
    func crossesThreads() async throws {
        let blacklist = Blacklist()
        let writer = Blacklist.Writer(blacklist)
        var random = SeededGenerator(seed: 11)
        for _ in 0..<200 {
            let id = UUIDv7(unixMilliseconds: 5, using: &random)
            try writer.insert(id, expiresAt: 10)
            let found = await Task.detached { Blacklist.Reader(blacklist).contains(id) }.value
            #expect(found)
        }
    }
}

@Suite("UUIDv7")
struct UUIDv7Tests {
    @Test("Layout is that of RFC 9562, section 5.7, and the time can be read back")
    func layout() throws {
        struct Ones: RandomNumberGenerator { mutating func next() -> UInt64 { .max } }
        var ones = Ones()
        let id = UUIDv7(unixMilliseconds: 0x0123_4567_89ab, using: &ones)
        #expect(id.high == 0x0123_4567_89ab_7fff)
        #expect(id.low == 0xbfff_ffff_ffff_ffff)
        #expect(id.unixMilliseconds == 0x0123_4567_89ab)
    }

    @Test("Another version or variant is refused")
    func refusesOthers() {
        #expect(UUIDv7(high: 0x0123_4567_89ab_4fff, low: 0x8000_0000_0000_0000) == nil)
        #expect(UUIDv7(high: 0x0123_4567_89ab_7fff, low: 0x4000_0000_0000_0000) == nil)
        #expect(UUIDv7(high: 0x0123_4567_89ab_7fff, low: 0x8000_0000_0000_0000) != nil)
    }

    @Test("A clock before 1970 or beyond 48 bits gives an id, not a trap")
    func clamps() {
        var random = SystemRandomNumberGenerator()
        #expect(UUIDv7(unixMilliseconds: -5, using: &random).unixMilliseconds == 0)
        #expect(UUIDv7(unixMilliseconds: .max, using: &random).unixMilliseconds == UUIDv7.lastMillisecond)
    }
}
