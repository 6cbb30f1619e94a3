/// How many lines of the log a loop's requests may cause: callers choose how many requests fail, and a log line is a
/// system call on the thread that answers everybody.
struct LogBudget {
    static let linesPerSecond = 20
    private static let second: UInt64 = 1_000_000_000

    private var windowStart: UInt64 = 0
    private var lines = 0

    /// - Parameter now: monotonic nanoseconds.
    mutating func admits(at now: UInt64) -> Bool {
        if now &- windowStart >= Self.second {
            windowStart = now
            lines = 0
        }
        lines += 1
        return lines <= Self.linesPerSecond
    }
}
