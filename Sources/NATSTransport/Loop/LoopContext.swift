import Synchronization

/// What a handler may ask of its loop. On the loop's thread only.
package final class LoopContext {
    /// A header of a message. Name and value go out as they are: neither may hold what a caller has chosen.
    package struct Header: Sendable {
        let name: String
        let value: String

        package init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    /// Which of the process' loops this is, as given to `EventLoop.init`.
    package let index: Int
    /// Wakes the loop from any thread; for those who hand their results to this loop's mailbox.
    package let handle: EventLoop.Handle
    /// Monotonic nanoseconds, read once at the start of each turn of the loop.
    package internal(set) var now: UInt64 {
        get { turnTime.load(ordering: .relaxed) }
        set {
            turnTime.store(newValue, ordering: .relaxed)
            turnUnixTime.store(wallClockMilliseconds(), ordering: .relaxed)
        }
    }
    /// The wall clock at the same moment, in milliseconds since 1970.
    package var unixMilliseconds: Int64 { turnUnixTime.load(ordering: .relaxed) }
    // Of one thread. Atomic, because a handler asks for each request, and a plain variable of a class is guarded against
    // overlapping accesses at run time, which costs more than the load.
    private let turnTime: Atomic<UInt64>
    private let turnUnixTime: Atomic<Int64>
    var timer: UInt64?
    private let inboxPrefix: String
    let outlet = Outlet()

    init(index: Int, handle: EventLoop.Handle, now: UInt64, inboxPrefix: String) {
        self.inboxPrefix = inboxPrefix
        self.index = index
        self.handle = handle
        turnTime = Atomic(now)
        turnUnixTime = Atomic(wallClockMilliseconds())
    }

    /// Asks for one `timerFired()` at `time` (monotonic nanoseconds, as in `now`) or soon after; replaces the time
    /// asked for before. `nil` asks for none.
    package func setTimer(at time: UInt64?) {
        timer = time
    }

    /// Publishes in the handler's own name. Never from within `handle`: answers are what `Reply` is for, and its checks.
    ///
    /// - Parameter name: one token of a subject; what is answered comes as `RequestHandler.received` under this name. Nil
    ///   asks for no answer.
    /// - Returns: the session that took it; nil when there is none. That the server has it only its answer shows.
    package func publish(
        _ subject: String, answersTo name: String? = nil, headers: [Header] = [], _ body: RawSpan
    ) -> UInt64? {
        outlet.publish(subject, reply: name.flatMap { inboxSubject($0) }, headers: headers, body)
    }

    /// Sends this loop a message of its own, which comes as `RequestHandler.received` under this name: after all that the
    /// server itself has said to what was published before, because it works that off in order and says so at once. For
    /// what others answer there is no order.
    package func mark(_ name: String) -> UInt64? {
        inboxSubject(name).flatMap { outlet.publish($0, reply: nil, headers: [], RawSpan()) }
    }

    private func inboxSubject(_ name: String) -> String? {
        outlet.inbox.map { "\($0).\(name)" }
    }

    /// Subscribes, through the present session, to a fresh subject for what a JetStream consumer pushes, and returns it;
    /// nil when there is no session. What comes in goes to `RequestHandler.fed`. There is one feed at a time: a former
    /// one is closed, and so is this one with its session.
    ///
    /// A subscription of its own, because a consumer whose subject is only matched by a wildcard delivers nothing (seen
    /// with nats-server 2.15).
    package func openFeed() -> String? {
        outlet.openFeed(prefix: inboxPrefix)
    }
}
