import JetStreamLedger
import NATSTransport
import TokenOperations

extension LedgerConfiguration {
    /// Of the same servers as the requests, with a user of its own where one is set.
    init(_ settings: Settings, nats: NATSConfiguration, policy: TokenPolicy) throws(ConfigurationError) {
        self.init(
            nats: try nats.forLedger(settings),
            recordLifetime: policy.recordLifetime,
            replicas: try settings.integer(required: .ledgerReplicas),
            maxStalenessMilliseconds: Int64(try settings.integer(required: .maxStaleness)) * 1_000)
    }
}
