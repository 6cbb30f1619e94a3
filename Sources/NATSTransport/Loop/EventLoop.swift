import Synchronization

/// A request loop: one thread with one connection to NATS, on which every request is read, handled and answered.
///
/// A turn is: wait in epoll, read the socket once, hand over all that cnats then holds, let the handler answer each
/// into the connection's buffer, write once. When idle, a request is answered at once by the thread that read it; when
/// busy, batches grow by themselves and the system calls are shared. It was chosen over cnats' callbacks, which pass
/// each message to another thread (a tenth of the throughput at one request in flight), and over one connection shared
/// by many threads, whose lock everybody would queue for. More throughput is more loops.
///
/// What it promises:
/// - it moves away from a server that says it will stop ("lame duck") before that server stops, as long as another of
///   `servers` takes it in, and answers every request that it receives on either;
/// - it serves again by itself after any loss of the connection, for ever, with backoff;
/// - requests are taken only while serving is wished (`setServing`);
/// - nothing grows without bound: above a number of unsent bytes it stops reading, above another it hangs up;
/// - a drain answers what was received, and says whether the server has confirmed it;
/// - replies go to allowed prefixes only.
///
/// Threads: `start` and everything on `Handle` from anywhere; the handler lives on the loop's thread. While it has no
/// connection, the thread blocks in connecting for up to `connectTimeoutMilliseconds` (and for name resolution): wakes,
/// timers and a drain wait that long. An attempt to move to another server blocks it in the same way, and then requests
/// wait too.
package final class EventLoop: Sendable {
    package typealias HandlerFactory = @Sendable (LoopContext) -> any RequestHandler
    package typealias EventSink = @Sendable (LoopEvent) -> Void

    private let configuration: NATSConfiguration
    private let endpoints: [Endpoint]
    private let index: Int
    private let serving: Bool
    private let onEvent: EventSink
    private let makeHandler: HandlerFactory

    /// - Parameters:
    ///   - index: names the thread, and is told to the handler.
    ///   - serving: whether to join the queue groups from the start.
    package init(
        configuration: NATSConfiguration,
        endpoints: [Endpoint],
        index: Int = 0,
        serving: Bool = true,
        onEvent: @escaping EventSink = { _ in },
        makeHandler: @escaping HandlerFactory
    ) {
        configuration.limits.validate()
        precondition(!configuration.servers.isEmpty, "at least one server")
        self.configuration = configuration
        self.endpoints = endpoints
        self.index = index
        self.serving = serving
        self.onEvent = onEvent
        self.makeHandler = makeHandler
    }

    /// Starts the thread and returns at once; the first connection comes later, with the event `connected`.
    package func start() throws(TransportError) -> Handle {
        let control = try LoopControl(serving: serving)
        let handle = Handle(control: control)
        try LoopThread.start(name: "nats-loop-\(index)") { [self] in
            do throws(TransportError) {
                let runner = try LoopRunner(
                    configuration: configuration, endpoints: endpoints, index: index, serving: serving,
                    control: control, onEvent: onEvent, makeHandler: makeHandler)
                runner.run()
            } catch {
                onEvent(.serverError("the loop could not start: \(error)"))
                control.publishClosed(.connectionLost)
            }
        }
        return handle
    }

    /// A running loop, as every other thread sees it.
    package struct Handle: Sendable {
        let control: LoopControl

        package var state: LoopState { control.state }

        package var statistics: LoopStatistics { control.statistics.read() }

        /// Has the handler's `mailboxSignalled` called on the loop's thread soon.
        package func wake() {
            control.signalMailbox()
        }

        /// Joins or leaves the queue groups. Requests that the server had already chosen this loop for are still
        /// answered after a leave. Holds across reconnects.
        package func setServing(_ serving: Bool) {
            control.wishServing(serving)
        }

        /// Leaves every subject, answers everything received (deferred replies too), has the server confirm that it
        /// holds the answers, and closes; at the latest after `milliseconds`, and after 0 at once. `completion` is
        /// called on the loop's thread, or on this one when the loop is closed already.
        package func drain(milliseconds: Int, completion: @escaping @Sendable (CloseOutcome) -> Void = { _ in }) {
            control.whenClosed(completion)
            control.wishDrain(deadline: monotonicNanoseconds() + nanoseconds(milliseconds: milliseconds))
        }

        package func drain(milliseconds: Int) async -> CloseOutcome {
            await withCheckedContinuation { continuation in
                drain(milliseconds: milliseconds) { continuation.resume(returning: $0) }
            }
        }

        /// Waits for the end, whoever asked for it.
        package func closed() async -> CloseOutcome {
            await withCheckedContinuation { continuation in
                control.whenClosed { continuation.resume(returning: $0) }
            }
        }
    }
}
