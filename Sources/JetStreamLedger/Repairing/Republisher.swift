import TokenOperations

/// Publishes again what this replica knows, because the stream has lost it: in batches, the next when the last is stored,
/// and the same again when it was not. Of one thread; it asks nobody and waits for nobody, the loop pulls.
struct Republisher {
    /// Revocations on their way at a time: enough to keep JetStream busy, few enough to leave room for the requests.
    static let batch = 1_024

    /// After a batch that was not stored: a stream that refuses does so at once.
    static let pauseMilliseconds: Int64 = 1_000

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
    private var stored = 0
    /// How many a run has stored that has ended, until it is taken.
    private var ended: Int?

    var isAtWork: Bool { state != .idle }

    /// When the next batch is wanted, in monotonic milliseconds; nil while none is.
    var nextDeadline: Int64? { if case .ready(let time) = state { time } else { nil } }

    /// From the beginning, also when it was at work: what was stored before may be gone as well.
    ///
    /// - Parameter now: monotonic milliseconds.
    mutating func start(now: Int64) {
        let run = run + 1
        self = Republisher()
        self.run = run
        state = .ready(at: now)
        hasMore = true
    }

    mutating func takeEnded() -> Int? { ended.take() }

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
