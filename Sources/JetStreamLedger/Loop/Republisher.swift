import TokenOperations

/// Publishes again what this replica knows, because the stream has lost it: in batches, the next when the last is stored,
/// and the same again when it was not. Of one thread; it asks nobody and waits for nobody, the loop pulls.
struct Republisher {
    /// Revocations on their way at a time: enough to keep JetStream busy, few enough to leave room for the requests.
    static let batch = 1_024

    /// After a batch that was not stored: a stream that refuses does so at once.
    static let pauseMilliseconds: Int64 = 1_000

    /// A replica that finds its records published again by another cannot tell whether the stream was purged before, and
    /// publishes what it knows as well, for it may know more. So do the others then, and so it would go on for ever: the
    /// first time is at once, the next after a minute, each further one after twice as long.
    static let overtakenPauseMilliseconds: Int64 = 60_000
    static let overtakenPauseLongest: Int64 = 3_600_000

    struct Batch {
        /// Which run of the republisher it belongs to.
        var run: UInt64
        var revocations: [Revocation]
    }

    private enum State: Equatable {
        case idle
        /// The next batch is wanted.
        case ready(at: Int64)
        case underway
    }

    private var state = State.idle
    private var cursor = RevocationWriter.Cursor()
    private var hasMore = false
    private var revocations: [Revocation] = []
    private var sent = 0
    private var run: UInt64 = 0
    private var timesOvertaken = 0
    /// Overtaken in the middle: once more, when this run is over.
    private var wantsAnother = false
    private var stored = 0
    /// How many a run has stored that has ended, until it is taken.
    private var ended: Int?

    var isAtWork: Bool { state != .idle }

    /// When the next batch is wanted, in monotonic milliseconds; nil while none is.
    var nextDeadline: Int64? { if case .ready(let time) = state { time } else { nil } }

    /// From the beginning, also when it was at work: what was stored before may be gone as well.
    ///
    /// - Parameter now: monotonic milliseconds.
    mutating func start(_ reason: ReplayReason, now: Int64) {
        if reason == .overtaken, isAtWork {
            wantsAnother = true
            return
        }
        let pause = delay(before: reason)
        let (run, timesOvertaken, ended) = (run, timesOvertaken, ended)
        self = Republisher()
        (self.run, self.ended) = (run + 1, ended)
        self.timesOvertaken = reason == .overtaken ? timesOvertaken + 1 : 0
        state = .ready(at: now + pause)
        hasMore = true
    }

    mutating func takeEnded() -> Int? { ended.take() }

    private func delay(before reason: ReplayReason) -> Int64 {
        guard reason == .overtaken, timesOvertaken > 0 else { return 0 }
        return min(Self.overtakenPauseMilliseconds << Int64(min(timesOvertaken - 1, 10)), Self.overtakenPauseLongest)
    }

    /// What is to be published now; nil when nothing is. Its outcome goes to `finished`.
    ///
    /// - Parameters:
    ///   - time: what has expired then is left out.
    ///   - now: monotonic milliseconds.
    mutating func next(of writer: RevocationWriter, unexpiredAt time: UnixTime, now: Int64) -> Batch? {
        guard case .ready(let due) = state, now >= due else { return nil }
        while revocations.isEmpty && hasMore {
            hasMore = writer.unexpired(at: time, from: &cursor, into: &revocations)
        }
        guard !revocations.isEmpty else {
            state = .idle
            ended = stored
            if wantsAnother { start(.overtaken, now: now) }
            return nil
        }
        state = .underway
        sent = min(Self.batch, revocations.count)
        return Batch(run: run, revocations: Array(revocations.suffix(sent)))
    }

    mutating func finished(run: UInt64, _ outcome: RevokeOutcome, now: Int64) {
        guard state == .underway, run == self.run else { return }
        guard outcome == .revoked else {
            state = .ready(at: now + Self.pauseMilliseconds)
            return
        }
        state = .ready(at: now)
        revocations.removeLast(sent)
        stored += sent
    }
}
