import Blacklist
import Foundation
import Synchronization
import TestSupport
import Testing

/// Real threads. `Tests/endurance --sanitize 1` runs them under the thread sanitizer. It finds memory that is used without
/// an order or after it was freed; a wrong order of an atomic it cannot see, because every word that threads share is one.
/// For those the comments beside them answer, and `Tests/canaries` breaks some of them.
@Suite("Readers and the writer on threads of their own")
struct ThreadsTests {
    /// A life of many slices: the writer's progress is in `inserted`, and what it is about to drop below `dropped`.
    private final class Life: Sendable {
        /// Enough for a segment to split more than once, and the places to be doubled, beside the readers.
        static let idsPerSlice = 120_000
        static let slicesHeld = 3
        let blacklist = Blacklist(lifetimeMilliseconds: 32_000)
        let slices: Int
        let inserted = Atomic(0)
        let dropped = Atomic(0)
        let lost = Atomic(0)
        let invented = Atomic(0)
        let asked = Atomic(0)

        init(slices: Int) {
            self.slices = slices
        }

        var total: Int { slices * Self.idsPerSlice }

        /// The id of a number, without a table that threads would have to share.
        func id(_ number: Int, seed: UInt64 = 0) -> UUIDv7 {
            var random = SeededGenerator(seed: UInt64(number) &* 0x9e37_79b9 &+ seed)
            let time = Int64(number / Self.idsPerSlice) * blacklist.sliceMilliseconds
            return UUIDv7(unixMilliseconds: time, using: &random)
        }

        func write() throws {
            var writer = Blacklist.Writer(blacklist)
            for number in 0..<total {
                let slice = number / Self.idsPerSlice
                try writer.insert(id(number), expiresAt: Int64(slice))
                // Releasing, so that who acquires it must find the id.
                inserted.store(number + 1, ordering: .releasing)
                if number % Self.idsPerSlice == Self.idsPerSlice - 1, slice >= Self.slicesHeld {
                    let gone = slice - Self.slicesHeld
                    dropped.store((gone + 1) * Self.idsPerSlice, ordering: .sequentiallyConsistent)
                    writer.removeExpired(at: Int64(gone))
                }
            }
        }

        func read(seed: UInt64) {
            var reader = Blacklist.Reader(blacklist)
            var random = SeededGenerator(seed: seed)
            var lookups = 0
            while inserted.load(ordering: .acquiring) < total {
                for _ in 0..<32 {
                    let (first, end) = (dropped.load(ordering: .acquiring), inserted.load(ordering: .acquiring))
                    guard end > first else { continue }
                    // The last one as often as all others.
                    let number = random.next() % 2 == 0 ? end - 1 : first + Int(random.next() % UInt64(end - first))
                    if !reader.contains(id(number)), number >= dropped.load(ordering: .sequentiallyConsistent) {
                        lost.add(1, ordering: .relaxed)
                    }
                    reader.prefetch(id(number))
                    if reader.contains(id(number, seed: .max)) { invented.add(1, ordering: .relaxed) }
                    lookups += 2
                }
                reader.quiesce()
            }
            // And all that are left: a loss that chance has missed is still one.
            for number in dropped.load(ordering: .acquiring)..<total where !reader.contains(id(number)) {
                if number >= dropped.load(ordering: .sequentiallyConsistent) { lost.add(1, ordering: .relaxed) }
            }
            asked.add(lookups, ordering: .relaxed)
        }
    }

    @Test("Every id that was inserted and not dropped is found by every reader, during growth and dropping")
    func nothingIsLost() {
        let life = Life(slices: 6)
        let threads = (0..<3).map { index in Thread { life.read(seed: UInt64(index)) } }
        let writing = Thread {
            do { try life.write() } catch { Issue.record("\(error)") }
        }
        let all = threads + [writing]
        for thread in all { thread.start() }
        while !all.allSatisfy(\.isFinished) { usleep(2_000) }
        #expect(life.lost.load(ordering: .relaxed) == 0)
        #expect(life.invented.load(ordering: .relaxed) == 0)
        #expect(life.asked.load(ordering: .relaxed) > 1_000)
        #expect(life.blacklist.count == Life.slicesHeld * Life.idsPerSlice)
        #expect(life.blacklist.counters.partitions == Life.slicesHeld)
        var writer = Blacklist.Writer(life.blacklist)
        writer.reclaim()
        #expect(life.blacklist.counters.retiredBytes == 0)
    }

    @Test("Readers come and go while the writer grows and drops")
    func readersComeAndGo() {
        let life = Life(slices: 5)
        let writing = Thread {
            do { try life.write() } catch { Issue.record("\(error)") }
        }
        let visits = Atomic(0)
        let coming = Thread {
            var made = 0
            while life.inserted.load(ordering: .acquiring) < life.total {
                var reader = Blacklist.Reader(life.blacklist)
                let end = life.inserted.load(ordering: .acquiring)
                if end > 0, !reader.contains(life.id(end - 1)),
                    end > life.dropped.load(ordering: .sequentiallyConsistent)
                {
                    life.lost.add(1, ordering: .relaxed)
                }
                made += 1
                if made % 2 == 0 { reader.quiesce() }
            }
            visits.store(made, ordering: .relaxed)
        }
        for thread in [writing, coming] { thread.start() }
        while !(writing.isFinished && coming.isFinished) { usleep(2_000) }
        #expect(life.lost.load(ordering: .relaxed) == 0)
        #expect(visits.load(ordering: .relaxed) > 100)
    }

    @Test("A directory that is made anew again and again hides no slice from a reader")
    func directoryMadeAnew() throws {
        let blacklist = Blacklist(lifetimeMilliseconds: 32_000)
        // Many, so that filling a directory takes long beside a lookup.
        let kept = (0..<4_000).map { ids(1, at: Int64($0) * blacklist.sliceMilliseconds)[0] }
        let isOver = Atomic(false)
        let asked = Atomic(0)
        let lost = Atomic(0)
        var writer = Blacklist.Writer(blacklist)
        for id in kept { try writer.insert(id, expiresAt: .max) }
        let asking = Thread {
            var reader = Blacklist.Reader(blacklist)
            while !isOver.load(ordering: .acquiring) {
                for id in kept.suffix(256) where !reader.contains(id) { lost.add(1, ordering: .relaxed) }
                reader.quiesce()
                asked.add(256, ordering: .relaxed)
            }
        }
        asking.start()
        // Slices of one id that go again: places in the directory are used up all the time.
        var slice = Int64(kept.count)
        for _ in 0..<100 {
            for _ in 0..<4_000 {
                slice += 1
                let id = ids(1, at: slice * blacklist.sliceMilliseconds, seed: UInt64(slice))[0]
                try writer.insert(id, expiresAt: slice)
            }
            writer.removeExpired(at: slice)
        }
        isOver.store(true, ordering: .releasing)
        while !asking.isFinished { usleep(2_000) }
        #expect(lost.load(ordering: .relaxed) == 0)
        #expect(asked.load(ordering: .relaxed) > 1_000)
    }
}
