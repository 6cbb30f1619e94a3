import Logging
import NATSTransport
import ServiceLifecycle
import TokenContract
import TokenOperations

/// One running service: its request loops over one ledger, from start to drained.
struct Replica: Service {
    /// Kubernetes kills after 30 s by default; this leaves room to stop what comes after.
    static let drainMilliseconds = 25_000

    let parts: ReplicaParts
    let logger: Logger

    /// - Throws: when a loop cannot be started, or when every loop has ended without being asked to.
    func run() async throws {
        // Once here, where it can still be said clearly: the loops make theirs on their own threads, of the same parts.
        _ = try RequestRouter.Operations(parts)
        let handles = try (0..<parts.configuration.loops).map { index in
            try makeLoop(index).start()
        }
        await withTaskGroup { group in
            for handle in handles {
                group.addTask { await handle.closed() }
            }
            await withGracefulShutdownHandler {
                await group.waitForAll()
            } onGracefulShutdown: {
                logger.notice("draining")
                for handle in handles { handle.drain(milliseconds: Self.drainMilliseconds) }
            }
        }
        logger.notice("stopped")
    }

    private func makeLoop(_ index: Int) -> EventLoop {
        let logger = logger
        let parts = parts
        return EventLoop(
            configuration: parts.configuration.nats,
            endpoints: RequestRouter.endpoints(parts.configuration),
            index: index,
            onEvent: { logger.report($0, loop: index) },
            makeHandler: { context in
                do {
                    return RequestRouter(try .init(parts), parts, context: context, logger: logger)
                } catch {
                    preconditionFailure("operations of the same parts were made at the start: \(error)")
                }
            })
    }
}
