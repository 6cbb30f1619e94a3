/// One run: a mix at a pace for a time.
package struct RunPlan: Sendable {
    package var mix: Mix
    package var pace: Pace
    package var seconds: Double
    package var warmUpSeconds: Double
    package var connections: Int
    package var threads: Int
    package var timeoutSeconds: Double
    package var subjectPrefix: String
    package var inboxPrefix: String

    /// Requests that may be under way in an open loop. What is due beyond is sent late, and its latency says so.
    package static let mostOutstanding = 65_536

    package init(
        mix: Mix, pace: Pace, seconds: Double, warmUpSeconds: Double, connections: Int = 1, threads: Int = 1,
        timeoutSeconds: Double = 5, subjectPrefix: String = "", inboxPrefix: String = "_INBOX"
    ) {
        self.mix = mix
        self.pace = pace
        self.seconds = seconds
        self.warmUpSeconds = warmUpSeconds
        self.connections = connections
        self.threads = threads
        self.timeoutSeconds = timeoutSeconds
        self.subjectPrefix = subjectPrefix
        self.inboxPrefix = inboxPrefix
    }

    package func check() throws(LoadError) {
        guard seconds > 0, seconds <= 86_400, warmUpSeconds >= 0 else { throw LoadError("--seconds is out of range") }
        guard (1...64).contains(threads) else { throw LoadError("--threads is between 1 and 64") }
        guard (threads...1_024).contains(connections) else {
            throw LoadError("--connections is between the number of threads (\(threads)) and 1,024")
        }
        guard timeoutSeconds > 0 else { throw LoadError("--timeout must be more than 0") }
        switch pace {
        case .closed(let inFlight):
            guard (connections...Self.mostOutstanding).contains(inFlight) else {
                throw LoadError("--in-flight is between the number of connections (\(connections)) and 65,536")
            }
        case .open(let rate):
            try check(rate)
        case .flood(let rate):
            // What comes back is not matched with what was asked, so every answer must be the same.
            guard mix.kinds == [.forged] || mix.kinds == [.malformed] else {
                throw LoadError("--flood is of garbage only: --forged 100 or --malformed 100")
            }
            if let rate { try check(rate) }
        }
    }

    private func check(_ rate: Int) throws(LoadError) {
        guard (1...100_000_000).contains(rate) else { throw LoadError("--rate is between 1 and 100,000,000") }
    }

    func subject(_ operation: String) -> String { subjectPrefix.isEmpty ? operation : "\(subjectPrefix).\(operation)" }
}

/// The moments of a run, the same for all its threads; monotonic nanoseconds.
struct RunTimes: Sendable {
    let start: UInt64
    let measureFrom: UInt64
    let measureUntil: UInt64
    let drainUntil: UInt64

    init(_ plan: RunPlan, start: UInt64) {
        self.start = start
        measureFrom = start + UInt64(plan.warmUpSeconds * 1e9)
        measureUntil = measureFrom + UInt64(plan.seconds * 1e9)
        drainUntil = measureUntil + UInt64(plan.timeoutSeconds * 1e9)
    }
}
