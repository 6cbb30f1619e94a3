/// What one thread of a run has measured.
struct WorkerOutcome: Sendable {
    /// By kind.
    var latencies: [Recorder]
    /// Right replies that came within the measured time.
    var replies = 0
    var repliesInAll = 0
    /// A flood's requests within the measured time, and those answers, in all, that said `503`: too many wait already.
    var sent = 0
    var turnedAway = 0
    var failures = Failures()
    /// How late requests left that were due: what the load itself, and the machine under it, adds to the latencies.
    var lateness = Recorder()
    var gaveUp: Set<Int> = []
    /// Nothing was left to ask for before the time was over.
    var isExhausted = false
    /// More requests were due than may be under way.
    var wasHeldBack = false
    /// Of the processor, by this thread, within the loop.
    var cpuNanoseconds: UInt64 = 0
    var ranNanoseconds: UInt64 = 0
    var poolTurns = 0
    var endedAt: UInt64 = 0

    init() {
        latencies = RequestKind.allCases.map { _ in Recorder() }
    }
}
