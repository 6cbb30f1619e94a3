import Blacklist
import Synchronization
import TestSupport
import Testing

@Suite("Memory: bounded, counted, and nothing is forgotten for want of it")
struct MemoryTests {
    private static let far = Int64.max

    @Test("Allocations of growth fail, every third: each time the id is refused, and every other one still held")
    func failingGrowth() throws {
        let asked = Mutex(0)
        let failures = Mutex(0)
        let blacklist = Blacklist(
            secret: fixedSecret,
            mayAllocate: { _ in
                // Every third, as a step asks for two at the most: what was refused succeeds in the end.
                let fails = asked.withLock { asked in
                    asked += 1
                    return asked % 3 == 1
                }
                if fails { failures.withLock { $0 += 1 } }
                return !fails
            })
        var writer = Blacklist.Writer(blacklist)
        var reader = Blacklist.Reader(blacklist)
        // Many small slices, for the directory's growth, and one large one, for segments that split.
        let all = (0..<40).flatMap { ids(30, at: Int64($0) << 20, seed: UInt64($0)) } + ids(120_000, seed: 50)
        var taken: [UUIDv7] = []
        for id in all {
            while true {
                let bytes = blacklist.counters.bytes - blacklist.counters.retiredBytes
                do throws(BlacklistError) {
                    try writer.insert(id, expiresAt: Self.far)
                    break
                } catch {
                    guard case .outOfMemory = error else { throw error }
                    // A later step of the same growth may fail after an earlier one has been made for good.
                    #expect(blacklist.counters.bytes - blacklist.counters.retiredBytes >= bytes)
                    let isHeld = reader.contains(id)
                    #expect(!isHeld)
                    let sample = taken.suffix(50) + taken.prefix(50)
                    #expect(reader.count(of: Array(sample)) == sample.count)
                }
            }
            taken.append(id)
        }
        #expect(failures.withLock { $0 } > 50)
        #expect(blacklist.counters.refusedInserts == failures.withLock { $0 })
        #expect(reader.count(of: all) == all.count)
        #expect(blacklist.count == all.count)
    }

    /// `Tests/endurance --sanitize` leaves it out: the sanitizer itself ends a process that gets no memory.
    @Test("The system gives no more memory: the id is refused, every other one still held, and taken when it does again")
    func systemWithoutMemory() async {
        await #expect(processExitsWith: .success) {
            let blacklist = Blacklist()
            var writer = Blacklist.Writer(blacklist)
            var reader = Blacklist.Reader(blacklist)
            let all = ids(400_000)
            for id in all[..<50_000] { try writer.insert(id, expiresAt: .max) }
            let unlimited = try AddressSpace.limit(beyondPresentUseBytes: 4 << 20)
            var held = 50_000
            var refusal: BlacklistError?
            do throws(BlacklistError) {
                while held < all.count {
                    try writer.insert(all[held], expiresAt: .max)
                    held += 1
                }
            } catch {
                refusal = error
            }
            let (foundThen, isRefusedHeld) = (reader.count(of: Array(all[..<1_000])), reader.contains(all[held]))
            AddressSpace.restore(unlimited)
            guard case .outOfMemory = refusal else { preconditionFailure("not refused for want of memory") }
            precondition(held > 50_000 && foundThen == 1_000 && !isRefusedHeld)
            precondition(reader.count(of: all) == held && blacklist.counters.refusedInserts == 1)
            for id in all[held...] { try writer.insert(id, expiresAt: .max) }
            precondition(reader.count(of: all) == all.count)
        }
    }

    @Test("At the limit an id is refused and none is lost; what expires makes room")
    func limit() throws {
        let blacklist = Blacklist(lifetimeMilliseconds: 32_000, memoryLimitBytes: 3 << 20)
        var writer = Blacklist.Writer(blacklist)
        var reader = Blacklist.Reader(blacklist)
        let all = ids(200_000, at: 1_000)
        var taken: [UUIDv7] = []
        var refused: [UUIDv7] = []
        for id in all {
            reader.quiesce()
            do throws(BlacklistError) {
                try writer.insert(id, expiresAt: 10)
                taken.append(id)
            } catch {
                #expect(error == .full(limitBytes: 3 << 20))
                refused.append(id)
            }
        }
        #expect(taken.count > 50_000 && refused.count > 50_000)
        #expect(reader.count(of: taken) == taken.count)
        #expect(reader.count(of: refused) == 0)
        #expect(blacklist.counters.bytes <= 3 << 20)
        #expect(blacklist.counters.refusedInserts == refused.count)
        // Held already: needs no memory, and a repeated blacklisting is a success.
        try writer.insert(taken[0], expiresAt: 20)
        reader.quiesce()
        #expect(writer.removeExpired(at: 20) == taken.count)
        for id in refused.prefix(50_000) { try writer.insert(id, expiresAt: 30) }
        #expect(reader.count(of: Array(refused.prefix(50_000))) == 50_000)
    }

    @Test("No more than 48 bytes an id, everything counted, at every step of growth up to a million; of few, two spare segments more")
    func bytesPerID() throws {
        let blacklist = Blacklist(secret: fixedSecret)
        var writer = Blacklist.Writer(blacklist)
        // A step of growth leaves up to two spare segments behind, whatever the number of ids.
        let empty = blacklist.counters.bytes
        let spares = 2 * 18 << 15
        var worst = (few: 0.0, many: 0.0)
        for (index, id) in ids(1_000_000).enumerated() {
            try writer.insert(id, expiresAt: Self.far)
            let bytes = blacklist.counters.bytes
            if index >= 500_000 {
                worst.many = max(worst.many, Double(bytes) / Double(index + 1))
            } else if index >= 1_000 {
                let less = empty + (index >= 26_212 ? spares : 0)
                worst.few = max(worst.few, Double(bytes - less) / Double(index + 1))
            }
        }
        #expect(worst.few > 40 && worst.few < 48)
        #expect(worst.many > 40 && worst.many < 48)
    }

    @Test("What is fetched beforehand is inserted as ever, where nothing is yet, in growth, and into other slices")
    func prefetched() throws {
        let blacklist = Blacklist(secret: fixedSecret)
        var writer = Blacklist.Writer(blacklist)
        var reader = Blacklist.Reader(blacklist)
        let all = (0..<40_000).flatMap { ids(4, at: Int64($0 % 3) * blacklist.sliceMilliseconds, seed: UInt64($0)) }
        for start in stride(from: 0, to: all.count, by: 8) {
            let batch = all[start..<min(start + 8, all.count)]
            for id in batch { writer.prefetch(id) }
            #expect(!batch.contains { reader.contains($0) })
            for id in batch { try writer.insert(id, expiresAt: Self.far) }
        }
        #expect(reader.count(of: all) == all.count && blacklist.count == all.count)
        #expect(blacklist.counters.partitions == 3)
    }

    @Test("Counters count")
    func counters() throws {
        let blacklist = Blacklist(memoryLimitBytes: 1 << 20)
        let empty = blacklist.counters
        #expect(empty.entries == 0 && empty.partitions == 0 && empty.refusedInserts == 0)
        #expect(empty.bytes > 0 && empty.bytes < 4_096 && empty.limitBytes == 1 << 20)
        var writer = Blacklist.Writer(blacklist)
        for id in ids(100, at: 0) + ids(100, at: 1 << 30) + ids(50, at: 0) { try writer.insert(id, expiresAt: 1) }
        #expect(blacklist.counters.entries == 200)
        #expect(blacklist.counters.partitions == 2)
        #expect(blacklist.count == 200)
        #expect(blacklist.counters.bytes > empty.bytes + 200 * 18)
        writer.removeExpired(at: 1)
        #expect(blacklist.counters.bytes - empty.bytes < 2_048)
    }

    @Test("Of absent ids, at the fill that a segment grows at, as many pass the filter as theory says: 1 in 2,000")
    func falsePositives() throws {
        let blacklist = Blacklist(secret: fixedSecret)
        var writer = Blacklist.Writer(blacklist)
        // 26,212 is the most that one segment holds.
        for id in ids(26_212) { try writer.insert(id, expiresAt: Self.far) }
        let asked = 400_000
        do {
            var reader = Blacklist.Reader(blacklist)
            #expect(reader.count(of: ids(asked, seed: 2)) == 0)
        }
        // Counted by a reader that is gone; it still counts.
        let rate = Double(blacklist.counters.refusedPasses) / Double(asked)
        #expect(rate > 0.0002 && rate < 0.0010)
    }
}
