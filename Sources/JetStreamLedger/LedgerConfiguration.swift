package import NATSTransport

/// What a ledger on JetStream is run with.
package struct LedgerConfiguration: Sendable {
    /// The user must be allowed what `StartMachine` says.
    package var nats: NATSConfiguration
    /// Seconds that the stream must keep its records.
    package var recordLifetime: Int64
    /// Servers that hold the stream: 1, 3 or 5.
    package var replicas: Int
    /// The longest time without proof of what the stream holds in which requests are still answered.
    package var maxStalenessMilliseconds: Int64

    package var times: LedgerTimes

    package init(
        nats: NATSConfiguration, recordLifetime: Int64, replicas: Int, maxStalenessMilliseconds: Int64,
        times: LedgerTimes = .longest
    ) {
        self.times = times
        self.nats = nats
        self.recordLifetime = recordLifetime
        self.replicas = replicas
        self.maxStalenessMilliseconds = maxStalenessMilliseconds
    }
}
