import JetStreamLedger
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
    private let refusal = Refusal()

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
        try parts.configuration.ledger?.nats.check()
        let loops = try (0..<parts.configuration.loops).map { index in
            try makeLoop(index).start()
        }
        let ledger = try parts.jetStream.map { try start($0, before: loops) }
        let lossWatch = Task { await LossWatch.run(loops, parts.jetStream?.counters, parts.blacklists, logger: logger) }
        defer { lossWatch.cancel() }
        let outcomes = await withGracefulShutdownHandler {
            await closed(loops, ledger)
        } onGracefulShutdown: {
            logger.notice("draining")
            isAsked.set()
            for loop in loops { loop.drain(milliseconds: Self.drainMilliseconds) }
        }
        report(loops)
        if let reason = refusal.text { throw ReplicaError.ledgerRefused(reason) }
        guard isAsked.isSet else { throw ReplicaError.loopEnded }
        // A server that is gone, at the stop or just before it, is no fault of this process; each loop has logged it.
        guard !outcomes.contains(.timedOut) else { throw ReplicaError.notDrained }
        logger.notice("stopped")
    }

    private func report(_ loops: [EventLoop.Handle]) {
        for (index, loop) in loops.enumerated() { logger.report(loop.statistics, loop: index) }
        if parts.counters.reuses > 0 {
            logger.notice("refresh tokens were reused", metadata: ["count": "\(parts.counters.reuses)"])
        }
        if let counters = parts.jetStream?.counters { logger.report(counters) }
        for blacklist in parts.blacklists { logger.report(blacklist) }
    }

    private enum End {
        case loop(CloseOutcome)
        case ledger
    }

    /// Waits for all; the end of the first is the end of all. The ledger is let go last: until then somebody waits for it.
    private func closed(_ loops: [EventLoop.Handle], _ ledger: EventLoop.Handle?) async -> [CloseOutcome] {
        await withTaskGroup { group in
            for loop in loops {
                group.addTask { End.loop(await loop.closed()) }
            }
            if let ledger {
                group.addTask {
                    _ = await ledger.closed()
                    return End.ledger
                }
            }
            var outcomes: [CloseOutcome] = []
            for await end in group {
                if case .loop(let outcome) = end { outcomes.append(outcome) }
                for loop in loops { loop.drain(milliseconds: Self.drainMilliseconds) { _ in } }
                if outcomes.count == loops.count { ledger?.drain(milliseconds: JetStreamLedger.goodbyeMilliseconds) { _ in } }
            }
            return outcomes
        }
    }

    /// The loops join the queue group when the ledger is current, and leave it when it is not.
    private func start(_ jetStream: JetStreamLedger, before loops: [EventLoop.Handle]) throws -> EventLoop.Handle {
        let (logger, refusal) = (logger, refusal)
        let (errorLines, connectFailures) = (SharedLogBudget(), ConnectFailures())
        let inboxes = Inboxes(
            prefix: parts.configuration.ledger?.nats.inboxPrefix ?? "", setting: .ledgerInboxPrefix)
        return try jetStream.start(
            onLoopEvent: {
                logger.report(
                    $0, loop: "ledger", errorLines: errorLines, connectFailures: connectFailures, inboxes: inboxes)
            },
            onEvent: { event in
                logger.report(event, jetStream.counters)
                switch event {
                case .current: for loop in loops { loop.setServing(true) }
                case .stale, .full: for loop in loops { loop.setServing(false) }
                case .refused(let reason): refusal.put(reason)
                default: break
                }
            })
    }

    private func makeLoop(_ index: Int) -> EventLoop {
        let logger = logger
        let parts = parts
        let (errorLines, connectFailures) = (SharedLogBudget(), ConnectFailures())
        let inboxes = Inboxes(prefix: parts.configuration.nats.inboxPrefix, setting: .natsInboxPrefix)
        return EventLoop(
            configuration: parts.configuration.nats,
            endpoints: RequestRouter.endpoints(parts.configuration),
            index: index,
            serving: parts.jetStream == nil,
            onEvent: { event in
                logger.report(
                    event, loop: "\(index)", errorLines: errorLines, connectFailures: connectFailures, inboxes: inboxes)
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
    case ledgerRefused(String)
    case notDrained

    var description: String {
        switch self {
        case .loopEnded: "a request loop ended without being asked to; the log says why"
        case .ledgerRefused(let reason): reason
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

/// Why the ledger cannot be served with, told on its loop's thread before that ends.
private final class Refusal: Sendable {
    private let reason = Mutex<String?>(nil)

    func put(_ text: String) { reason.withLock { $0 = text } }

    var text: String? { reason.withLock { $0 } }
}
