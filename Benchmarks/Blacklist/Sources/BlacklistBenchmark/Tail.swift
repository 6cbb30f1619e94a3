import Blacklist
import CClock
import Foundation
import Synchronization

/// The 99.9th percentile of a single lookup: quiet, and while the writer inserts at full rate on another thread.
enum Tail {
    static let first = 4_000_000
    static let last = 10_000_000

    static func rows(rounds: Int) throws {
        for query in ["absent", "present"] {
            var quiet = Series()
            var busy = Series()
            var rate = Series()
            for round in 0..<rounds {
                Report.note("tail of \(query) ids, round \(round + 1)")
                let run = try Run(isPresent: query == "present")
                quiet.add(run.quiet)
                busy.add(run.busy)
                rate.add(run.insertRate)
            }
            let quotient = ratio(busy, quiet)
            Report.row(
                "p99.9 of a lookup, \(query) id, \(first / 1_000_000)M to \(last / 1_000_000)M inserted meanwhile", busy,
                unit: "ns", against: "the same, quiet", quiet, quotient, target: "≤ 2.0", isMet: quotient.median <= 2)
            Report.row("inserted meanwhile", rate, unit: "M/s", against: "", nil, nil)
        }
    }

    /// Quiet before and after the growth (the mean of both is what busy is compared with), busy in between.
    struct Run {
        let quiet: Double
        let busy: Double
        let insertRate: Double

        init(isPresent: Bool) throws {
            let blacklist = Blacklist.forMeasuring()
            let ids = Spread.life.ids(Tail.last, seed: 9)
            try blacklist.insertAll(Array(ids[..<Tail.first]))
            var random = Generator(state: 8)
            let asked =
                isPresent
                ? (0..<1 << 18).map { _ in ids[Int(random.next() % UInt64(Tail.first))] }
                : Spread.life.ids(1 << 18, seed: 10)
            var reader = Blacklist.Reader(blacklist)
            let before = Tail.quantile(&reader, asked) { $0 >= 1 << 20 }

            let state = Atomic(0)
            let nanoseconds = Atomic(0.0.bitPattern)
            let inserting = Thread {
                var writer = Blacklist.Writer(blacklist)
                while state.load(ordering: .acquiring) == 0 {}
                let spent = nanosecondsEach(Tail.last - Tail.first) {
                    for id in ids[Tail.first...] { try? writer.insert(id, expiresAt: .max) }
                }
                nanoseconds.store(spent.bitPattern, ordering: .relaxed)
                state.store(2, ordering: .releasing)
            }
            inserting.start()
            state.store(1, ordering: .releasing)
            busy = Tail.quantile(&reader, asked) { _ in state.load(ordering: .relaxed) == 2 }
            while !inserting.isFinished { usleep(1_000) }
            precondition(blacklist.count == Tail.last)
            let after = Tail.quantile(&reader, asked) { $0 >= 1 << 20 }
            quiet = (before + after) / 2
            insertRate = 1_000 / Double(bitPattern: nanoseconds.load(ordering: .relaxed))
        }
    }

    /// In nanoseconds, without what the reading of the clock takes.
    private static func quantile(
        _ reader: inout Blacklist.Reader, _ asked: [UUIDv7], until isDone: (Int) -> Bool
    ) -> Double {
        var counts = [Int](repeating: 0, count: 1 << 16)
        var lookups = 0
        var found = 0
        let clock = ContinuousClock()
        let (start, startTicks) = (clock.now, clock_ticks())
        var batch = [Int](repeating: 0, count: 64)
        var asking = 0
        repeat {
            let preempted = Int(times_preempted())
            for slot in 0..<64 {
                let id = asked[asking & (asked.count - 1)]
                let begin = clock_ticks()
                if reader.contains(id) { found += 1 }
                batch[slot] = min(Int(clock_ticks() &- begin), counts.count - 1)
                asking += 1
            }
            reader.quiesce()
            // Another process on this core says nothing about the table.
            if Int(times_preempted()) == preempted {
                for ticks in batch { counts[ticks] += 1 }
                lookups += batch.count
            }
        } while !isDone(asking)
        let perTick = clock.now.duration(to: start).nanoseconds / -Double(clock_ticks() &- startTicks)
        precondition(found == 0 || found == asking)
        var rest = Double(lookups) * 0.001
        var ticks = counts.count - 1
        while ticks > 0, rest >= Double(counts[ticks]) {
            rest -= Double(counts[ticks])
            ticks -= 1
        }
        return max(Double(ticks) - overhead, 1) * perTick
    }

    /// Ticks between two readings with nothing in between, the median.
    private static let overhead: Double = {
        var series = Series()
        for _ in 0..<10_001 {
            let begin = clock_ticks()
            series.add(Double(clock_ticks() &- begin))
        }
        return series.median
    }()
}
