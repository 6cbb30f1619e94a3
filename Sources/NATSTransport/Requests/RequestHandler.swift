/// What a loop calls. Made by a factory on the loop's own thread and called there only, one call at a time, so it
/// needs no lock and no `Sendable`. It must not block: everything that arrives meanwhile waits.
package protocol RequestHandler: AnyObject {
    /// One request. `endpoint` is the index of the endpoint it came in on.
    func handle(_ message: borrowing Message, endpoint: Int, reply: consuming Reply)
    /// A request that `handle` has put off (`Reply.putOff`), now that the others' replies are written.
    ///
    /// - Parameter isLate: it has waited for longer than `TransportLimits.putOffMilliseconds`, and so have more.
    func handlePutOff(_ message: borrowing Message, endpoint: Int, isLate: Bool, reply: consuming Reply)
    /// Whether the handler has work of its own that can wait as put-off requests do, and a piece of it. Requests and
    /// pieces take turns.
    var hasWork: Bool { get }
    func work()
    /// Once for every turn of the loop, after all that was read has been handled and before it is written; also in
    /// turns that only a wake or a timer caused; and once more when put-off requests have been worked on. No message is held at this point.
    func batchEnded()
    /// After `EventLoop.Handle.wake()`; several wakes may come as one call.
    func mailboxSignalled()
    /// The time asked for with `LoopContext.setTimer` has come.
    func timerFired()

    // For handlers that make requests of their own (`LoopContext.publish`).

    /// What the handler publishes goes out through this session from now on; nil: there is none.
    func outletChanged(to session: UInt64?)
    /// The loop is about to connect, which blocks it: for so long at the most, and the resolution of a name besides.
    func willBlock(milliseconds: Int)
    /// A session is gone, and with it the answers that had not come in through it.
    func sessionEnded(_ session: UInt64)
    /// The answer to the request that was published under this name.
    func received(_ message: borrowing Message, name: RawSpan, session: UInt64)
    /// Came in on the feed (`LoopContext.openFeed`): a record, under the subject that it was stored with, or, under the
    /// feed's own, a word of its consumer's.
    func fed(_ message: borrowing Message, isRecord: Bool)
    /// A request that went out through this session came to a subject on which nobody listens. cnats does not tell
    /// which; but this comes in its place, before anything that was sent to this loop behind that request
    /// (`LoopContext.mark`).
    func nobodyListens(session: UInt64)
    /// The loop's end: nothing else is called after it.
    func closed()
}

extension RequestHandler {
    package func handlePutOff(_ message: borrowing Message, endpoint: Int, isLate: Bool, reply: consuming Reply) {
        handle(message, endpoint: endpoint, reply: reply)
    }
    package var hasWork: Bool { false }
    package func work() {}
    package func batchEnded() {}
    package func mailboxSignalled() {}
    package func timerFired() {}
    package func willBlock(milliseconds: Int) {}
    package func outletChanged(to session: UInt64?) {}
    package func sessionEnded(_ session: UInt64) {}
    package func received(_ message: borrowing Message, name: RawSpan, session: UInt64) {}
    package func fed(_ message: borrowing Message, isRecord: Bool) {}
    package func nobodyListens(session: UInt64) {}
    package func closed() {}
}
