import Synchronization

/// Which of a loop's failures to connect are worth a line: the first of a kind, and then one now and then. A server that is gone
/// is asked for about once a second, and a night of that says no more than its beginning.
final class ConnectFailures: Sendable {
    static let interval = Duration.seconds(30)

    private struct State {
        var attempts = 0
        var lastTold: (reason: String, at: ContinuousClock.Instant)?
    }

    private let state = Mutex(State())

    /// Nil when the line is to be left out; otherwise how many attempts have failed since there was a connection.
    func admit(_ reason: String, at now: ContinuousClock.Instant = .now) -> Int? {
        state.withLock { state in
            state.attempts += 1
            if let last = state.lastTold, last.reason == reason, now - last.at < Self.interval { return nil }
            state.lastTold = (reason, now)
            return state.attempts
        }
    }

    /// There is a connection.
    func end() {
        state.withLock { $0 = State() }
    }
}
