import Synchronization

/// How many lines of the log a loop's requests may cause: callers choose how many requests fail, and a log line is a
/// system call on the thread that answers everybody. What is left out is counted, and the count is told.
struct LogBudget {
    static let linesPerSecond = 20
    private static let second: UInt64 = 1_000_000_000

    private var windowStart: UInt64 = 0
    private var lines = 0
    private var leftOut = 0

    /// Nil when the line has to be left out; otherwise how many were left out since the last one that was not.
    ///
    /// - Parameter now: monotonic nanoseconds.
    mutating func admit(at now: UInt64) -> Int? {
        if now &- windowStart >= Self.second {
            windowStart = now
            lines = 0
        }
        guard lines < Self.linesPerSecond else {
            leftOut += 1
            return nil
        }
        lines += 1
        defer { leftOut = 0 }
        return leftOut
    }
}

/// A budget for lines that come from more than one thread.
final class SharedLogBudget: Sendable {
    private let budget = Mutex(LogBudget())
    private let start = ContinuousClock.now

    /// As `LogBudget.admit`, by its own clock.
    func admit() -> Int? {
        let elapsed = (ContinuousClock.now - start).components
        let now = UInt64(clamping: elapsed.seconds) * 1_000_000_000 + UInt64(clamping: elapsed.attoseconds / 1_000_000_000)
        return budget.withLock { $0.admit(at: now) }
    }
}
