import Blacklist
import JOSE
import TokenOperations

/// What all loops of a replica share: immutable, or made for sharing.
struct ReplicaParts: Sendable {
    let configuration: ServiceConfiguration
    let keys: KeySet
    let publicKeys: [UInt8]
    let families: Blacklist
    let accessTokens: Blacklist
    let ledger: any Ledger
    let counters = ServiceCounters()

    /// - Parameter ledger: made over the two blacklists that it will write.
    init(
        configuration: ServiceConfiguration, keys: KeySet,
        ledger: (_ families: Blacklist, _ accessTokens: Blacklist) -> any Ledger
    ) throws(JOSEError) {
        self.configuration = configuration
        self.keys = keys
        publicKeys = try keys.publicJWKSet()
        let policy = configuration.policy
        families = Blacklist(lifetimeMilliseconds: UnixTime(seconds: policy.familyLifetime).milliseconds)
        accessTokens = Blacklist(lifetimeMilliseconds: UnixTime(seconds: policy.accessLifetime).milliseconds)
        self.ledger = ledger(families, accessTokens)
    }
}
