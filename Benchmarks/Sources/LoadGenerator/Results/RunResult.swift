import Histogram

/// What one run has measured: one element of `runs` in the JSON document. Times are in nanoseconds unless they say otherwise.
package struct RunResult: Codable, Sendable {
    package var name: String
    /// Such as `verify`.
    package var operation: String
    /// Kind to share, in percent.
    package var mix: [String: Double]
    /// One of the two is there, but for a flood as fast as the connection takes it.
    package var inFlight: Int?
    package var ratePerSecond: Int?
    /// Of a flood: requests within the measured time and per second, and how many in all were answered with 503, because
    /// too many waited already; those are no errors. Nobody waits, so there are no latencies.
    package var sent: Int?
    package var sentPerSecond: Double?
    package var turnedAway: Int?
    package var connections: Int
    package var threads: Int
    /// What was measured of the time that was asked for; less when the material was used up.
    package var seconds: Double
    package var warmUpSeconds: Double
    /// Right replies within the measured time, and per second.
    package var replies: Int
    package var repliesPerSecond: Double
    /// Right replies in the whole run, with warm-up and what came after the measured time.
    package var repliesInAll: Int
    /// Wrong, missing or refused ones, within the whole run with warm-up, by what was wrong.
    package var errors: Int
    package var errorTexts: [String: Int]
    package var latency: LatencySummary
    package var latencyByKind: [String: LatencySummary]
    /// Open loop: how late requests left.
    package var lateness: LatencySummary?
    /// Open loop: the rate was kept up: everything was sent, and answered about as fast as it came in.
    package var isSustained: Bool?
    /// Of a core, by the load's busiest thread. Near 1, the load is the limit and not the service.
    package var loadCPU: Double
    package var notes: [String]
    package var serverVersion: String

    init(plan: RunPlan, times: RunTimes, server: String, outcomes: [WorkerOutcome]) {
        operation = Workload.operation(plan.mix.kinds[0]).split(separator: "_").first.map(String.init) ?? ""
        name = plan.mix.kinds.contains(.hot) || plan.mix.kinds.count > 1 || operation == "verify"
            ? "verify \(plan.mix.description)" : operation
        mix = Dictionary(uniqueKeysWithValues: plan.mix.shares.map { ($0.kind.name, Double($0.share) / 100) })
        switch plan.pace {
        case .closed(let count): inFlight = count
        case .open(let rate): ratePerSecond = rate
        case .flood(let rate): ratePerSecond = rate
        }
        connections = plan.connections
        threads = plan.threads
        warmUpSeconds = plan.warmUpSeconds
        serverVersion = server
        let ended = outcomes.map(\.endedAt).max() ?? times.measureUntil
        seconds = Double(max(ended, times.measureFrom + 1) - times.measureFrom) / 1e9
        replies = outcomes.reduce(0) { $0 + $1.replies }
        repliesInAll = outcomes.reduce(0) { $0 + $1.repliesInAll }
        repliesPerSecond = Double(replies) / seconds
        if case .flood = plan.pace {
            let asked = outcomes.reduce(0) { $0 + $1.sent }
            sent = asked
            sentPerSecond = Double(asked) / seconds
            turnedAway = outcomes.reduce(0) { $0 + $1.turnedAway }
        }

        var failures = Failures()
        var total = Recorder()
        var late = Recorder()
        var byKind: [String: LatencySummary] = [:]
        for outcome in outcomes {
            failures.add(outcome.failures)
            late.add(outcome.lateness)
        }
        for kind in plan.mix.kinds {
            var recorder = Recorder()
            for outcome in outcomes { recorder.add(outcome.latencies[Int(kind.rawValue)]) }
            total.add(recorder)
            if plan.mix.kinds.count > 1 { byKind[kind.name] = LatencySummary(recorder) }
        }
        errors = failures.total
        errorTexts = failures.counts
        latency = LatencySummary(total)
        latencyByKind = byKind
        notes = Self.notes(plan, outcomes)
        loadCPU = outcomes.map { Double($0.cpuNanoseconds) / Double(max(1, $0.ranNanoseconds)) }.max() ?? 0
        if case .open(let rate) = plan.pace {
            lateness = LatencySummary(late)
            let kept = repliesPerSecond >= Double(rate) * 0.99
            isSustained = kept && !outcomes.contains(where: \.wasHeldBack)
        }
    }

    private static func notes(_ plan: RunPlan, _ outcomes: [WorkerOutcome]) -> [String] {
        var notes: [String] = []
        if outcomes.contains(where: \.isExhausted) {
            notes.append("the tokens were used up before the time was; give more with --count")
        }
        if let turns = outcomes.map(\.poolTurns).max(), turns > 0 {
            notes.append("the new tokens were asked for \(turns + 1) times in turn; give more with --count")
        }
        if outcomes.contains(where: \.wasHeldBack) {
            notes.append("more requests were due than may be under way (\(RunPlan.mostOutstanding)); they left late")
        }
        return notes
    }
}

/// The latencies of a run, in nanoseconds.
package struct LatencySummary: Codable, Equatable, Sendable {
    package var count: Int
    package var mean: Double
    package var least: UInt64
    package var p50: UInt64
    package var p90: UInt64
    package var p99: UInt64
    package var p999: UInt64
    package var p9999: UInt64
    package var most: UInt64
    /// For a curve: percentile and latency, from 0 to 100.
    package var curve: [[Double]]

    package init(_ recorder: Recorder) {
        let histogram = recorder.histogram
        count = recorder.count
        guard count > 0 else {
            (mean, least, p50, p90, p99, p999, p9999, most, curve) = (0, 0, 0, 0, 0, 0, 0, 0, [])
            return
        }
        mean = histogram.mean
        least = histogram.min
        p50 = histogram.valueAtPercentile(50)
        p90 = histogram.valueAtPercentile(90)
        p99 = histogram.valueAtPercentile(99)
        p999 = histogram.valueAtPercentile(99.9)
        p9999 = histogram.valueAtPercentile(99.99)
        most = histogram.max
        curve = Self.percentiles(of: count).map { [$0, Double(histogram.valueAtPercentile($0))] }
    }

    /// Steps that halve the distance to 100 %, five a halving, as far as there are samples to tell them apart.
    static func percentiles(of count: Int) -> [Double] {
        var percentiles: [Double] = [0]
        var distance = 100.0
        while Double(count) * distance / 100 > 1, percentiles.count < 120 {
            for step in 1...5 { percentiles.append(100 - distance * (1 - Double(step) / 10)) }
            distance /= 2
        }
        percentiles.append(100)
        return percentiles
    }
}
