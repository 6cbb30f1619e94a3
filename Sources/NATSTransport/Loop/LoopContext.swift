/// What a handler may ask of its loop. On the loop's thread only.
package final class LoopContext {
    /// Which of the process' loops this is, as given to `EventLoop.init`.
    package let index: Int
    /// Wakes the loop from any thread; for those who hand their results to this loop's mailbox.
    package let handle: EventLoop.Handle
    /// Monotonic nanoseconds, read once at the start of each turn of the loop.
    package internal(set) var now: UInt64
    var timer: UInt64?

    init(index: Int, handle: EventLoop.Handle, now: UInt64) {
        self.index = index
        self.handle = handle
        self.now = now
    }

    /// Asks for one `timerFired()` at `time` (monotonic nanoseconds, as in `now`) or soon after; replaces the time
    /// asked for before. `nil` asks for none.
    package func setTimer(at time: UInt64?) {
        timer = time
    }
}
