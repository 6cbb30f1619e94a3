import Blacklist
import JOSE
import JetStreamLedger
import TokenOperations

/// What all loops of a replica share: immutable, or made for sharing.
struct ReplicaParts: Sendable {
    let configuration: ServiceConfiguration
    let keys: KeySet
    let publicKeys: [UInt8]
    let families: Blacklist
    let accessTokens: Blacklist
    let ledger: any Ledger
    /// The ledger, when it is one that has to be started.
    let jetStream: JetStreamLedger?
    let counters = ServiceCounters()

    var blacklists: [NamedBlacklist] {
        [NamedBlacklist(name: "families", blacklist: families), NamedBlacklist(name: "access tokens", blacklist: accessTokens)]
    }

    init(configuration: ServiceConfiguration, keys: KeySet) throws(JOSEError) {
        self.configuration = configuration
        self.keys = keys
        publicKeys = try keys.publicJWKSet()
        let policy = configuration.policy
        families = Blacklist(
            lifetimeMilliseconds: UnixTime(seconds: policy.familyLifetime).milliseconds,
            memoryLimitBytes: configuration.blacklistMemoryBytes)
        accessTokens = Blacklist(
            lifetimeMilliseconds: UnixTime(seconds: policy.accessLifetime).milliseconds,
            memoryLimitBytes: configuration.blacklistMemoryBytes)
        if let ledger = configuration.ledger {
            let jetStream = JetStreamLedger(
                ledger, families: families, accessTokens: accessTokens, clock: SystemClock().now)
            self.jetStream = jetStream
            self.ledger = jetStream
        } else {
            jetStream = nil
            ledger = MemoryLedger(revokedFamilies: families, revokedAccessTokens: accessTokens)
        }
    }
}
