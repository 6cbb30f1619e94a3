import Testing

@testable import LoadGenerator

@Suite("What is made of latencies")
struct PercentileTests {
    @Test("a percentile is the least value that so many percent of the samples do not exceed, to three digits")
    func percentiles() {
        var recorder = Recorder()
        for value in 1...10_000 { recorder.record(UInt64(value) * 1_000) }
        let summary = LatencySummary(recorder)
        #expect(summary.count == 10_000)
        for (value, expected) in [(summary.p50, 5_000_000), (summary.p90, 9_000_000), (summary.p99, 9_900_000)] {
            #expect(abs(Double(value) / Double(expected) - 1) < 0.001)
        }
        #expect(abs(summary.mean / 5_000_500 - 1) < 0.001)
        #expect(abs(Double(summary.most) / 10_000_000 - 1) < 0.001)
    }

    @Test("two recorders together are what one would have recorded")
    func merging() {
        var (one, other, both) = (Recorder(), Recorder(), Recorder())
        for value in stride(from: UInt64(1_000), through: 9_000_000, by: 1_000) {
            if value % 3_000 == 0 { one.record(value) } else { other.record(value) }
            both.record(value)
        }
        one.add(other)
        #expect(LatencySummary(one) == LatencySummary(both))
    }

    @Test("the curve goes from 0 to 100 %, always on, and no finer than the samples")
    func curve() {
        for count in [1, 10, 1_000, 1_000_000] {
            let percentiles = LatencySummary.percentiles(of: count)
            #expect(percentiles.first == 0 && percentiles.last == 100)
            #expect(zip(percentiles, percentiles.dropFirst()).allSatisfy { $0 < $1 })
            let finest = 100 - percentiles.dropLast().last!
            #expect(count == 1 || finest * Double(count) / 100 > 0.2)
        }
    }

    @Test("nothing recorded is nothing told, and does not trap")
    func empty() {
        #expect(LatencySummary(Recorder()).count == 0)
    }

    @Test("a latency beyond the histogram's range is kept as its end, not dropped")
    func beyondRange() {
        var recorder = Recorder()
        recorder.record(.max)
        #expect(recorder.count == 1)
    }
}

@Suite("The schedule of an open loop")
struct ScheduleTests {
    @Test("requests are due at start + n / rate, without a rounding that adds up over a day")
    func due() {
        let schedule = Schedule(start: 7, rate: 30_000, step: 1, first: 0)
        #expect(schedule.due(0) == 7)
        #expect(schedule.due(30_000) == 1_000_000_007)
        #expect(schedule.due(30_000 * 86_400) == 86_400_000_000_007)
        #expect(schedule.due(1) == 33_340)
    }

    @Test("threads share a rate, and together are due exactly as one would be")
    func sharing() {
        let whole = Schedule(start: 0, rate: 7_000, step: 1, first: 0)
        let parts = (0..<3).map { Schedule(start: 0, rate: 7_000, step: 3, first: UInt64($0)) }
        let together = (0..<100).flatMap { number in parts.map { $0.due(UInt64(number)) } }
        #expect(together == (0..<300).map { whole.due(UInt64($0)) })
    }
}
