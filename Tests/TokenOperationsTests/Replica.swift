import Blacklist
import JOSE
import StrictJSON
import Synchronization
import TestSupport
import TokenContract
import TokenOperations

/// One replica without a bus: the four operations over one ledger and a clock that the test moves.
final class Replica {
    var now: UnixTime
    let policy: TokenPolicy
    let keys: KeySet
    let families: Blacklist
    let accessTokens: Blacklist
    let ledger: any Ledger
    var generate: GenerateTokens
    var verify: VerifyToken
    var refresh: RefreshTokens
    var blacklist: BlacklistTokens

    static let start = UnixTime(seconds: 1_800_000_000)

    init(
        keys: KeySet, policy: TokenPolicy = TokenPolicy(), limits: RequestLimits = .default,
        algorithm: SignatureAlgorithm = .edDSA, seed: UInt64 = 1,
        sharing other: Shared
    ) throws {
        now = Self.start
        self.policy = policy
        self.keys = keys
        families = other.families
        accessTokens = other.accessTokens
        ledger = other.ledger
        generate = try GenerateTokens(
            keys: keys, algorithm: algorithm, policy: policy, limits: limits, random: SeededGenerator(seed: seed))
        verify = try VerifyToken(
            keys: keys, policy: policy, families: families, accessTokens: accessTokens, cachedTokens: 8_192,
            cacheSeed: seed)
        refresh = try RefreshTokens(
            keys: keys, algorithm: algorithm, policy: policy, limits: limits, families: families,
            freshness: ledger.freshness, random: SeededGenerator(seed: seed &+ 1))
        blacklist = try BlacklistTokens(keys: keys, policy: policy)
    }

    /// What replicas have in common: the ledger and, as they share a process here, the blacklists.
    struct Shared {
        let families = Blacklist()
        let accessTokens = Blacklist()
        let ledger: any Ledger

        init() {
            ledger = MemoryLedger(revokedFamilies: families, revokedAccessTokens: accessTokens)
        }

        init(ledger: (Blacklist, Blacklist) -> any Ledger) {
            self.ledger = ledger(families, accessTokens)
        }
    }

    struct Pair: Equatable {
        var access: [UInt8]
        var refresh: [UInt8]
    }

    func generate(_ id: String) throws(ServiceError) -> Pair {
        var reply: [UInt8] = []
        try generate.generate(id: Array(id.utf8).rawSpan, at: now, into: &reply)
        return Self.pair(in: reply)
    }

    /// The reply to verify, as text.
    func verify(_ token: [UInt8]) -> String {
        var reply: [UInt8] = []
        verify.verify(token.rawSpan, at: now, into: &reply)
        return String(decoding: reply, as: UTF8.self)
    }

    func reason(_ token: [UInt8]) -> InvalidReason? {
        var reply: [UInt8] = []
        return verify.verify(token.rawSpan, at: now, into: &reply)
    }

    func refresh(_ token: [UInt8]) throws(ServiceError) -> Pair {
        let flight = try refresh.begin(token.rawSpan, at: now)
        return try finish(flight)
    }

    func finish(_ flight: RefreshInFlight) throws(ServiceError) -> Pair {
        var reply: [UInt8] = []
        switch try refresh.redeemed(flight, ledger.redeem(flight.redemption), into: &reply) {
        case .replied: return Self.pair(in: reply)
        case .revoke(let revocation): throw refresh.revoked(ledger.revoke([revocation], at: now))
        }
    }

    func blacklist(_ pair: Pair) -> ServiceError? {
        let flight = blacklist.begin(refreshToken: pair.refresh.rawSpan, accessToken: pair.access.rawSpan, at: now)
        return flight.revoked(ledger.revoke(flight.revocations, at: now))
    }

    /// Tokens hold nothing that JSON escapes, so the reply can be cut at its quotes.
    static func pair(in reply: [UInt8]) -> Pair {
        let parts = reply.split(separator: UInt8(ascii: "\""))
        return Pair(access: Array(parts[3]), refresh: Array(parts[7]))
    }
}

extension Ledger {
    /// The completion of a memory ledger has run when the call returns.
    func redeem(_ redemption: Redemption) -> RedeemOutcome {
        let outcome = Mutex<RedeemOutcome?>(nil)
        redeem(redemption) { answer in outcome.withLock { $0 = answer } }
        return outcome.withLock { $0 } ?? .unavailable("not completed")
    }

    func revoke(_ revocations: [Revocation], at now: UnixTime) -> RevokeOutcome {
        let outcome = Mutex<RevokeOutcome?>(nil)
        revoke(revocations, at: now) { answer in outcome.withLock { $0 = answer } }
        return outcome.withLock { $0 } ?? .unavailable("not completed")
    }
}

/// A ledger that cannot be reached.
struct UnreachableLedger: Ledger {
    let freshness = LedgerFreshness.unlimited()

    func redeem(_ redemption: Redemption, completion: @escaping @Sendable (RedeemOutcome) -> Void) {
        completion(.unavailable("no answer"))
    }

    func revoke(
        _ revocations: [Revocation], at now: UnixTime, completion: @escaping @Sendable (RevokeOutcome) -> Void
    ) {
        completion(.unavailable("no answer"))
    }
}

/// Signs what the operations would never issue: any claims, any type, with the right keys.
func sign(_ claims: String, type: String, algorithm: SignatureAlgorithm, keys: KeySet) throws -> [UInt8] {
    guard let key = keys.signingKey(algorithm) else { throw OperationsError.noSigningKey(algorithm) }
    var signer = try Signer(key: key, type: type)
    var token: [UInt8] = []
    try signer.sign(payload: Array(claims.utf8).rawSpan, into: &token)
    return token
}
