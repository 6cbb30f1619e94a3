import Blacklist
import TestSupport

/// What a history is played on: the blacklist, or one that is broken on purpose.
protocol Subject: ~Copyable {
    mutating func insert(_ id: UUIDv7, expiresAt: Int64) throws(BlacklistError)
    mutating func contains(_ id: UUIDv7) -> Bool
    mutating func removeExpired(at now: Int64) -> Int
    mutating func quiesce()
    var count: Int { get }
    var sliceMilliseconds: Int64 { get }
}

/// A long life of a blacklist, all of it from one seed, beside a plain model that says what it must answer.
///
/// Time goes on, jumps forward and back; the lifetime that is configured changes; some ids are of another century. The
/// model is a set of ids and, as records go by slices of time, a set of them and a latest expiry for each slice.
struct History: ~Copyable {
    let seed: UInt64
    private var random: SeededGenerator
    private var now: Int64 = 1_800_000_000_000
    private var lifetime: Int64 = 900_000
    private var held: Set<UUIDv7> = []
    private var slices: [Int64: (ids: [UUIDv7], latestExpiry: Int64)] = [:]
    /// Every id there ever was, held or dropped.
    private var known: [UUIDv7] = []
    /// What it has come to: the most ids in one slice, and how many were dropped.
    private(set) var largestSlice = 0
    private(set) var dropped = 0

    init(seed: UInt64) {
        self.seed = seed
        random = SeededGenerator(seed: seed)
    }

    /// Plays so many steps; returns what went wrong first, or nil.
    mutating func play(_ steps: Int, on subject: inout some Subject & ~Copyable) -> String? {
        for step in 0..<steps {
            if let mismatch = self.step(&subject) { return "seed \(seed), step \(step): \(mismatch)" }
            if random.next() % 64 == 0 { subject.quiesce() }
        }
        for id in held where !subject.contains(id) { return "seed \(seed), at the end: \(id) is lost" }
        return subject.count == held.count ? nil : "seed \(seed): counts \(subject.count), holds \(held.count)"
    }

    private mutating func step(_ subject: inout some Subject & ~Copyable) -> String? {
        switch random.next() % 1_000 {
        case 0..<450: return insert(UUIDv7(unixMilliseconds: creationTime(), using: &random), &subject)
        case 450..<480: return known.isEmpty ? nil : insert(anyKnown(), &subject)
        case 480..<680: return ask(UUIDv7(unixMilliseconds: creationTime(), using: &random), &subject)
        case 680..<980: return known.isEmpty ? nil : ask(anyKnown(), &subject)
        case 980..<985: return known.isEmpty ? nil : ask(alike(anyKnown()), &subject)
        case 985..<999:
            now += Int64(random.next() % 400)
            return nil
        default: return turn(&subject)
        }
    }

    private mutating func anyKnown() -> UUIDv7 { known[Int(random.next() % UInt64(known.count))] }

    /// Mostly of late; sometimes at the very edge of a slice, of a replica with another clock, or of another century.
    private mutating func creationTime() -> Int64 {
        switch random.next() % 4_096 {
        case 0: Int64(random.next() % UInt64(UUIDv7.lastMillisecond))
        case 1..<16: now + lifetime * Int64(random.next() % 64)
        default: max(now - Int64(random.next() % UInt64(lifetime / 8)), 0)
        }
    }

    /// The same random bits at another time, or the same time with one bit flipped.
    private mutating func alike(_ id: UUIDv7) -> UUIDv7 {
        let isLater = random.next() % 2 == 0
        return UUIDv7(
            high: isLater ? id.high &+ 1 << 16 : id.high,
            low: isLater ? id.low : id.low ^ 1 << (random.next() % 62)) ?? id
    }

    private mutating func insert(_ id: UUIDv7, _ subject: inout some Subject & ~Copyable) -> String? {
        let expiry = now + lifetime / 2 + Int64(random.next() % UInt64(lifetime / 2))
        do throws(BlacklistError) {
            try subject.insert(id, expiresAt: expiry)
        } catch {
            return "refused: \(error)"
        }
        let slice = id.unixMilliseconds / subject.sliceMilliseconds
        if held.insert(id).inserted {
            slices[slice, default: ([], .min)].ids.append(id)
            known.append(id)
            largestSlice = max(largestSlice, slices[slice]?.ids.count ?? 0)
        }
        let latest = max(slices[slice]?.latestExpiry ?? .min, expiry)
        slices[slice]?.latestExpiry = latest
        return subject.contains(id) ? nil : "\(id) is not found straight after its insert"
    }

    private func ask(_ id: UUIDv7, _ subject: inout some Subject & ~Copyable) -> String? {
        let (found, expected) = (subject.contains(id), held.contains(id))
        return found == expected ? nil : "\(id) is \(expected ? "not " : "")found"
    }

    /// Something that happens seldom.
    private mutating func turn(_ subject: inout some Subject & ~Copyable) -> String? {
        switch random.next() % 16 {
        case 0: now += lifetime * Int64(random.next() % 3)
        case 1: now = max(now - lifetime, 0)
        case 2: lifetime = [60_000, 300_000, 900_000, 3_600_000][Int(random.next() % 4)]
        default: break
        }
        let at = now
        let removed = subject.removeExpired(at: at)
        var expected = 0
        for (slice, content) in slices where content.latestExpiry <= at {
            expected += content.ids.count
            for id in content.ids { held.remove(id) }
            slices[slice] = nil
        }
        dropped += removed
        return removed == expected ? nil : "dropped \(removed), had to drop \(expected)"
    }
}
