import Logging
import NATSTransport
import ServiceLifecycle
import Synchronization
import TokenContract
import TokenOperations

/// One running service: its request loops over one ledger, from start to drained.
struct Replica: Service {
    /// Kubernetes kills after 30 s by default; this leaves room to stop what comes after.
    static let drainMilliseconds = 25_000

    private let parts: ReplicaParts
    private let logger: Logger
    /// Whether somebody asked for the end. Stored with release before the drains are asked for, loaded with acquire
    /// after the loops have closed because of them.
    private let isAsked = Asked()

    init(parts: ReplicaParts, logger: Logger) {
        self.parts = parts
        self.logger = logger
    }

    /// - Throws: when a loop cannot be started, or ends without being asked to; then the others are drained, and the
    ///   process ends with an error, so that whoever supervises it starts it anew.
    func run() async throws {
        // Once here, where it can still be said clearly: the loops make theirs on their own threads, of the same parts.
        _ = try RequestRouter.Operations(parts)
        try parts.configuration.nats.check()
        let handles = try (0..<parts.configuration.loops).map { index in
            try makeLoop(index).start()
        }
        let lossWatch = Task { await LossWatch.run(handles, logger: logger) }
        defer { lossWatch.cancel() }
        let outcomes = await withGracefulShutdownHandler {
            await closed(handles)
        } onGracefulShutdown: {
            logger.notice("draining")
            isAsked.set()
            for handle in handles { handle.drain(milliseconds: Self.drainMilliseconds) }
        }
        for (index, handle) in handles.enumerated() { logger.report(handle.statistics, loop: index) }
        if parts.counters.reuses > 0 {
            logger.notice("refresh tokens were reused", metadata: ["count": "\(parts.counters.reuses)"])
        }
        guard isAsked.isSet else { throw ReplicaError.loopEnded }
        // A server that is gone, at the stop or just before it, is no fault of this process; each loop has logged it.
        guard !outcomes.contains(.timedOut) else { throw ReplicaError.notDrained }
        logger.notice("stopped")
    }

    /// Waits for all; the end of the first is the end of all.
    private func closed(_ handles: [EventLoop.Handle]) async -> [CloseOutcome] {
        await withTaskGroup { group in
            for handle in handles {
                group.addTask { await handle.closed() }
            }
            var outcomes: [CloseOutcome] = []
            for await outcome in group {
                outcomes.append(outcome)
                for handle in handles { handle.drain(milliseconds: Self.drainMilliseconds) { _ in } }
            }
            return outcomes
        }
    }

    private func makeLoop(_ index: Int) -> EventLoop {
        let logger = logger
        let parts = parts
        let errorLines = SharedLogBudget()
        return EventLoop(
            configuration: parts.configuration.nats,
            endpoints: RequestRouter.endpoints(parts.configuration),
            index: index,
            onEvent: { event in
                logger.report(event, loop: index, errorLines: errorLines)
                if case .connected(_, _, let maxPayload) = event, maxPayload < parts.configuration.limits.maxRequestBytes {
                    logger.error(
                        "the server's max_payload is smaller than --max-request-bytes: long tokens will be refused",
                        metadata: ["max_payload": "\(maxPayload)"])
                }
            },
            makeHandler: { context in
                do {
                    return RequestRouter(try .init(parts), parts, context: context, logger: logger)
                } catch {
                    preconditionFailure("operations of the same parts were made at the start: \(error)")
                }
            })
    }
}

/// An end that nobody asked for, or that lost something.
enum ReplicaError: Error, CustomStringConvertible {
    case loopEnded
    case notDrained

    var description: String {
        switch self {
        case .loopEnded: "a request loop ended without being asked to; the log says why"
        case .notDrained: "not every request was answered within \(Replica.drainMilliseconds / 1_000) s of the signal"
        }
    }
}

/// A flag that is only ever set. A class, because a service is copied and the flag must not be.
private final class Asked: Sendable {
    private let flag = Atomic(false)

    func set() { flag.store(true, ordering: .releasing) }

    var isSet: Bool { flag.load(ordering: .acquiring) }
}
