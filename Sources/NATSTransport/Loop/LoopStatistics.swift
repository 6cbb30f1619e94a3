import Synchronization

/// What a loop has counted since its start. The loop counts in plain integers of its own thread.
package struct LoopStatistics: Sendable, Equatable {
    /// Requests taken from the server, refused ones included.
    package var received = 0
    /// Replies of success given to cnats for sending.
    package var replied = 0
    /// Replies with error headers given to cnats for sending.
    package var errorsReplied = 0
    /// Requests dropped unhandled because their reply subject lies outside the allowed prefixes.
    package var refusedReplySubjects = 0
    /// Replies that cnats would not take (larger than the server's `max_payload`), or late ones for which there was no room.
    package var undeliverable = 0
    /// Replies that a handler let go of without sending.
    package var unanswered = 0
    /// TCP sessions that were established.
    package var sessions = 0
    /// The highest number of unsent bytes seen.
    package var bufferedHighWater = 0

    package init() {}
}

/// The counters as other threads read them.
///
/// One writer (the loop, once a turn), any number of readers. Relaxed is enough: each number is a count of its own, no
/// other memory is read on the strength of it, and a reader may see one of them a turn newer than another.
final class PublishedStatistics: Sendable {
    private let received = Atomic(0)
    private let replied = Atomic(0)
    private let errorsReplied = Atomic(0)
    private let refusedReplySubjects = Atomic(0)
    private let undeliverable = Atomic(0)
    private let unanswered = Atomic(0)
    private let sessions = Atomic(0)
    private let bufferedHighWater = Atomic(0)

    func publish(_ counts: LoopStatistics) {
        received.store(counts.received, ordering: .relaxed)
        replied.store(counts.replied, ordering: .relaxed)
        errorsReplied.store(counts.errorsReplied, ordering: .relaxed)
        refusedReplySubjects.store(counts.refusedReplySubjects, ordering: .relaxed)
        undeliverable.store(counts.undeliverable, ordering: .relaxed)
        unanswered.store(counts.unanswered, ordering: .relaxed)
        sessions.store(counts.sessions, ordering: .relaxed)
        bufferedHighWater.store(counts.bufferedHighWater, ordering: .relaxed)
    }

    func read() -> LoopStatistics {
        var counts = LoopStatistics()
        counts.received = received.load(ordering: .relaxed)
        counts.replied = replied.load(ordering: .relaxed)
        counts.errorsReplied = errorsReplied.load(ordering: .relaxed)
        counts.refusedReplySubjects = refusedReplySubjects.load(ordering: .relaxed)
        counts.undeliverable = undeliverable.load(ordering: .relaxed)
        counts.unanswered = unanswered.load(ordering: .relaxed)
        counts.sessions = sessions.load(ordering: .relaxed)
        counts.bufferedHighWater = bufferedHighWater.load(ordering: .relaxed)
        return counts
    }
}
