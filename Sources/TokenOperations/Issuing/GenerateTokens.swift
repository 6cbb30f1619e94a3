internal import Blacklist
package import JOSE
package import TokenContract

/// generate_tokens: a new family for a user, and its first pair. Touches no ledger: a family is unknown to it until it
/// is first refreshed or revoked.
package struct GenerateTokens: ~Copyable {
    private var issuer: TokenIssuer
    private let lifetimes: Lifetimes
    private var random: any RandomNumberGenerator

    package init(
        keys: KeySet, algorithm: SignatureAlgorithm, policy: TokenPolicy, limits: RequestLimits,
        random: any RandomNumberGenerator
    ) throws(OperationsError) {
        var issuer = try TokenIssuer(keys: keys, algorithm: algorithm, policy: policy, limits: limits)
        try issuer.checkLimits()
        self.issuer = issuer
        lifetimes = Lifetimes(policy)
        self.random = random
    }

    /// Appends the reply. `id` is the user's, unescaped, within its limits.
    package mutating func generate(id: RawSpan, at now: UnixTime, into reply: inout [UInt8]) throws(ServiceError) {
        try issuer.checkSize(subject: id)
        let family = UUIDv7(unixMilliseconds: now.milliseconds, using: &random)
        let pair = PairClaims(
            family: family, authTime: now.seconds, issuedAt: now.seconds, generation: 0, revision: 0,
            successor: lifetimes.successor(authTime: now.seconds, at: now, using: &random))
        try issuer.issue(pair, subject: id, into: &reply)
    }
}
