package import Blacklist
package import NATSTransport
internal import Synchronization
package import TokenOperations

/// The ledger on JetStream: the one place where replicas meet.
///
/// What it promises is what `Ledger` does, among any number of replicas and with any number of deaths: a revocation is
/// acknowledged when the stream has it and this replica's blacklists hold it; a refresh token is redeemed by a
/// compare-and-set over all records of its family, so that it loses to an earlier redemption and to a revocation alike;
/// what is not known is an error.
///
/// How: one loop with a connection of its own speaks JetStream as plain requests, because nothing may block it, and
/// because every answer is decided by state machines that need neither sockets nor clocks (`StartMachine`,
/// `FollowMachine`, `WriteDesk`). It follows the stream's revocations into the blacklists, which every request loop reads.
/// Until it has caught up, and whenever it cannot prove that it still has, `freshness` says that nothing may be answered.
///
/// Threads: everything here from any thread; completions run on the ledger loop's.
package final class JetStreamLedger: Ledger {
    /// How long its drain may take: nobody waits for the ledger any more then, only the server is to be told goodbye.
    package static let goodbyeMilliseconds = 1_000

    package let freshness = LedgerFreshness()
    package let counters = LedgerCounters()
    private let configuration: LedgerConfiguration
    private let families: Blacklist
    private let accessTokens: Blacklist
    private let clock: @Sendable () -> UnixTime
    private let inbox = LedgerInbox()

    /// The only writer of the two blacklists, from its start on.
    ///
    /// - Parameter clock: the wall clock.
    package init(
        _ configuration: LedgerConfiguration, families: Blacklist, accessTokens: Blacklist,
        clock: @escaping @Sendable () -> UnixTime
    ) {
        self.clock = clock
        self.configuration = configuration
        self.families = families
        self.accessTokens = accessTokens
    }

    /// Once. Returns at once; `LedgerEvent.current` or `.refused` comes later.
    ///
    /// The handle's drain is to be asked for when nobody needs the ledger any more.
    package func start(
        onLoopEvent: @escaping EventLoop.EventSink, onEvent: @escaping @Sendable (LedgerEvent) -> Void
    ) throws(TransportError) -> EventLoop.Handle {
        let loop = EventLoop(
            configuration: configuration.nats, endpoints: [], index: Self.loopIndex, serving: false,
            onEvent: { [inbox] event in
                if case .serverError(let text) = event { inbox.post(.serverError(text)) }
                onLoopEvent(event)
            },
            makeHandler: { [self] context in
                LedgerLoop(
                    configuration, RevocationWriter(families: families, accessTokens: accessTokens), inbox: inbox,
                    freshness: freshness, counters: counters, clock: clock, context: context, onEvent: onEvent)
            })
        return try loop.start()
    }

    /// Names its thread beside those of the request loops.
    package static let loopIndex = 1_000

    package func redeem(_ redemption: Redemption, completion: @escaping @Sendable (RedeemOutcome) -> Void) {
        inbox.post(
            .redeem(redemption, askedAt: Self.now) { [counters] outcome in
                if case .unavailable = outcome { counters.unavailable.add(1, ordering: .relaxed) }
                completion(outcome)
            })
    }

    package func revoke(
        _ revocations: [Revocation], at now: UnixTime, completion: @escaping @Sendable (RevokeOutcome) -> Void
    ) {
        inbox.post(
            .revoke(revocations, askedAt: Self.now) { [counters] outcome in
                if case .unavailable = outcome { counters.unavailable.add(1, ordering: .relaxed) }
                completion(outcome)
            })
    }

    private static var now: Int64 { Int64(monotonicNanoseconds() / 1_000_000) }
}
