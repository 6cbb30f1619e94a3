import Synchronization

/// What a run has done so far, for a line on a terminal: written by the run's threads once a batch, read by another.
package final class Progress: Sendable {
    private let replyCount = Atomic<Int>(0)
    private let failureCount = Atomic<Int>(0)
    private let latencySum = Atomic<UInt64>(0)
    private let worst = Atomic<UInt64>(0)

    package init() {}

    // Relaxed all: each is a figure by itself, and nothing is published through it.
    func add(replies: Int, failures: Int, latencies: UInt64, worst latest: UInt64) {
        replyCount.add(replies, ordering: .relaxed)
        if failures > 0 { failureCount.add(failures, ordering: .relaxed) }
        latencySum.add(latencies, ordering: .relaxed)
        worst.max(latest, ordering: .relaxed)
    }

    package struct Reading: Sendable {
        package var replies = 0
        package var failures = 0
        package var latencies: UInt64 = 0
        /// Since the last reading.
        package var worst: UInt64 = 0

        package init(replies: Int = 0, failures: Int = 0, latencies: UInt64 = 0, worst: UInt64 = 0) {
            (self.replies, self.failures, self.latencies, self.worst) = (replies, failures, latencies, worst)
        }
    }

    package func read() -> Reading {
        Reading(
            replies: replyCount.load(ordering: .relaxed), failures: failureCount.load(ordering: .relaxed),
            latencies: latencySum.load(ordering: .relaxed), worst: worst.exchange(0, ordering: .relaxed))
    }
}
