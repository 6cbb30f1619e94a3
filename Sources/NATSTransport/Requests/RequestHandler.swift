/// What a loop calls. Made by a factory on the loop's own thread and called there only, one call at a time, so it
/// needs no lock and no `Sendable`. It must not block: everything that arrives meanwhile waits.
package protocol RequestHandler: AnyObject {
    /// One request. `endpoint` is the index of the endpoint it came in on.
    func handle(_ message: borrowing Message, endpoint: Int, reply: consuming Reply)
    /// Once for every turn of the loop, after all that was read has been handled and before it is written; also in
    /// turns that only a wake or a timer caused. No message is held at this point.
    func batchEnded()
    /// After `EventLoop.Handle.wake()`; several wakes may come as one call.
    func mailboxSignalled()
    /// The time asked for with `LoopContext.setTimer` has come.
    func timerFired()
}

extension RequestHandler {
    package func batchEnded() {}
    package func mailboxSignalled() {}
    package func timerFired() {}
}
