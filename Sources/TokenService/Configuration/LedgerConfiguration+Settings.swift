import JetStreamLedger
import NATSTransport
import TokenOperations

extension LedgerConfiguration {
    /// Of the same servers as the requests, with a user of its own where one is set.
    init(_ settings: Settings, nats: NATSConfiguration, policy: TokenPolicy) throws(ConfigurationError) {
        guard let times = LedgerTimes(grace: policy.refreshGrace, leeway: policy.leeway) else {
            let shortest = LedgerTimes.shortestGrace(leeway: policy.leeway)
            throw ConfigurationError(
                """
                --refresh-grace must be at least \(shortest) s with --ledger jetstream and --leeway \(policy.leeway), not \
                \(policy.refreshGrace) s: a refresh that the ledger does not answer in time is answered 503 and may be stored \
                all the same, and whoever repeats it at once, to a replica with another clock, must come within the grace; \
                later it would be taken for theft
                """)
        }
        self.init(
            nats: try nats.forLedger(settings),
            recordLifetime: policy.recordLifetime,
            replicas: try settings.integer(required: .ledgerReplicas),
            maxStalenessMilliseconds: Int64(try settings.integer(required: .maxStaleness)) * 1_000,
            times: times)
    }
}
