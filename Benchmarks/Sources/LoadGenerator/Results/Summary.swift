/// A document as lines for a terminal.
package enum Summary {
    package static let heading =
        "                     replies/s      p50      p90      p99    p99.9      max   errors"

    package static func line(_ run: RunResult) -> String {
        let pace = Texts.pace(run)
        let latency = run.latency
        let columns = [
            Texts.rate(run.repliesPerSecond), duration(latency.p50), duration(latency.p90), duration(latency.p99),
            duration(latency.p999), duration(latency.most), Texts.count(run.errors),
        ]
        let widths = [12, 9, 9, 9, 9, 9, 9]
        let figures = zip(columns, widths).map { Texts.padded($0, $1) }.joined()
        return "  " + pace + String(repeating: " ", count: max(1, 16 - pace.count)) + figures
    }

    private static func duration(_ nanoseconds: UInt64) -> String {
        nanoseconds == 0 ? "-" : Texts.duration(nanoseconds)
    }

    /// What the columns do not say.
    package static func remarks(_ run: RunResult) -> [String] {
        var lines: [String] = []
        for (kind, latency) in run.latencyByKind.sorted(by: { $0.key < $1.key }) {
            lines.append(
                "    \(kind): \(Texts.count(latency.count)) replies, p50 \(duration(latency.p50)), "
                    + "p99 \(duration(latency.p99)), max \(duration(latency.most))")
        }
        if let sent = run.sentPerSecond, let turnedAway = run.turnedAway {
            lines.append(
                "    sent: \(Texts.rate(sent))/s; answered with 503, too many wait already: \(Texts.count(turnedAway)) in all")
        }
        for (text, count) in run.errorTexts.sorted(by: { $0.value > $1.value }) {
            lines.append("    error: \(Texts.count(count)) times: \(text)")
        }
        if run.isSustained == false { lines.append("    not sustained: this rate is more than was answered") }
        if let lateness = run.lateness, lateness.p99 > run.latency.p99 / 2, lateness.p99 > 200_000 {
            lines.append(
                "    requests left up to \(duration(lateness.p99)) late (p99): the load, or the machine under it, is a "
                    + "large part of these latencies")
        }
        if run.loadCPU > 0.9 {
            lines.append("    the load itself is the limit: a thread of it is busy all the time; give it more --threads")
        }
        return lines + run.notes.map { "    note: \($0)" }
    }

    package static func title(_ run: RunResult) -> String {
        let seconds = Texts.digits(run.seconds)
        return "\(run.name): \(run.connections) connection\(run.connections == 1 ? "" : "s"), "
            + "\(run.threads) thread\(run.threads == 1 ? "" : "s"), \(seconds) s after \(Texts.digits(run.warmUpSeconds)) s of warm-up"
    }
}
