package import Blacklist
package import JOSE
internal import StrictJSON
package import TokenContract

/// refresh_tokens: a refresh token is redeemed for a new pair, once.
///
/// The way of a request: `begin` checks the token and says what the ledger must be asked; the ledger's answer goes to
/// `redeemed`, which answers, refuses, or asks for the family to be revoked; that answer goes to `revoked`. Nothing
/// here waits: what a request needs to go on lies in its `RefreshInFlight`.
///
/// The rules (RFC 9700, section 4.14.2):
/// - The ledger's compare-and-set on the family decides who was first. The successors carry the new record's revision.
/// - The *same* token again within the grace period gets the *same* pair, signed again from the ledger's record: a lost
///   reply must not log a user out, and a second family is never forked.
/// - A token from before the ledger lost records is refused: whether it was redeemed, nobody knows any more.
/// - Any other token of the family that was redeemed before is a stolen one, or its successor is: the family is revoked.
package struct RefreshTokens: ~Copyable {
    private var verifier: Verifier
    private var issuer: TokenIssuer
    private let claimsPolicy: ClaimsPolicy
    private let lifetimes: Lifetimes
    private var families: Blacklist.Reader
    private let freshness: LedgerFreshness
    private var random: any RandomNumberGenerator
    private var subject: [UInt8] = []

    package init(
        keys: KeySet, algorithm: SignatureAlgorithm, policy: TokenPolicy, limits: RequestLimits, families: Blacklist,
        freshness: LedgerFreshness, random: any RandomNumberGenerator
    ) throws(OperationsError) {
        let verifier = try Verifier(refreshTokens: keys)
        let issuer = try TokenIssuer(keys: keys, algorithm: algorithm, policy: policy, limits: limits)
        self.verifier = verifier
        self.issuer = issuer
        claimsPolicy = ClaimsPolicy(policy)
        lifetimes = Lifetimes(policy)
        self.families = Blacklist.Reader(families)
        self.freshness = freshness
        self.random = random
    }

    /// Checks the token; what comes back is to be redeemed in the ledger.
    ///
    /// - Parameter token: nil when the request had none: its schema allows that, and no token is no good token.
    /// - Throws: 401 with the reason.
    package mutating func begin(_ token: RawSpan?, at now: UnixTime) throws(ServiceError) -> RefreshInFlight {
        guard let token else { throw .refused("refresh_token", "is missing") }
        let claims: Claims
        let refresh: RefreshClaims
        do throws(InvalidReason) {
            claims = try claimsPolicy.goodClaims(of: token, with: &verifier, at: now)
            refresh = try RefreshClaims(claims)
        } catch {
            throw .refused("refresh_token", error)
        }
        // The family's own end: nothing could be issued that lives. No leeway: the time of log-in is this service's own.
        guard lifetimes.familyEnd(authTime: refresh.authTime) > now.seconds else {
            throw .refused("refresh_token", .expired)
        }
        guard !families.contains(claims.family) else { throw .refused("refresh_token", .revoked) }
        try checkIsKnown(claims.id)

        subject.removeAll(keepingCapacity: true)
        verifier.unescape(claims.subject, into: &subject)
        try Self.checkSize(of: subject, with: &issuer)
        return RefreshInFlight(
            subject: subject, authTime: refresh.authTime, receivedAt: now,
            revocationExpiresAt: lifetimes.revocationExpiry(
                authTime: refresh.authTime, refreshExpiresAt: claims.expiresAt),
            redemption: Redemption(
                family: claims.family, expectedRevision: refresh.revision, generation: refresh.generation,
                tokenID: claims.id, redeemedAt: now,
                successor: lifetimes.successor(authTime: refresh.authTime, at: now, using: &random),
                expiresAt: lifetimes.familyRecordExpiry(authTime: refresh.authTime)))
    }

    private func checkIsKnown(_ token: UUIDv7) throws(ServiceError) {
        guard freshness.knowsRedemption(of: token) else {
            throw .refused("refresh_token", "was issued before the ledger lost records, and may have been redeemed: log in again")
        }
    }

    private static func checkSize(of subject: [UInt8], with issuer: inout TokenIssuer) throws(ServiceError) {
        try issuer.checkSize(subject: subject.rawSpan)
    }

    /// Goes on with the ledger's answer: appends the reply, or says that the family has to be revoked first.
    ///
    /// - Throws: 401 with the reason, 503 when the ledger could not answer.
    package mutating func redeemed(
        _ flight: RefreshInFlight, _ outcome: RedeemOutcome, into reply: inout [UInt8]
    ) throws(ServiceError) -> RefreshStep {
        switch RefreshDecision(flight, outcome, lifetimes: lifetimes) {
        case .issue(let redemption, let revision):
            // Asked again: a revocation may have come in while the ledger was being asked, or a loss been found.
            guard !families.contains(redemption.family) else { throw .refused("refresh_token", .revoked) }
            try checkIsKnown(redemption.tokenID)
            let (generation, overflow) = redemption.generation.addingReportingOverflow(1)
            guard !overflow else { throw .refused("refresh_token", .malformed) }
            let pair = PairClaims(
                family: redemption.family, authTime: flight.authTime, issuedAt: redemption.redeemedAt.seconds,
                generation: generation, revision: revision, successor: redemption.successor)
            try issuer.issue(pair, subject: flight.subject.rawSpan, into: &reply)
            return .replied
        case .revokeFamily:
            return .revoke(
                Revocation(
                    kind: .family, id: flight.redemption.family, expiresAt: flight.revocationExpiresAt, reason: .reused))
        case .refuse(let error):
            throw error
        }
    }

    /// Ends a reuse with the ledger's answer to the revocation: always a refusal, and only a promise kept says that the
    /// family is dead.
    package func revoked(_ outcome: RevokeOutcome) -> ServiceError {
        switch outcome {
        case .revoked:
            .refused("refresh_token", "was redeemed before; its family is revoked")
        case .unavailable(let cause):
            ServiceError(.unavailable, "refresh_token was redeemed before, and its family could not be revoked: \(cause)")
        }
    }

    /// Between two batches of requests.
    package mutating func quiesce() {
        families.quiesce()
    }
}

/// A refresh that waits for the ledger.
package struct RefreshInFlight: Sendable {
    /// The user, unescaped.
    let subject: [UInt8]
    let authTime: Int64
    let receivedAt: UnixTime
    /// Until when the family's revocation would matter, should this be a reuse.
    let revocationExpiresAt: UnixTime
    /// What the ledger has to be asked.
    package let redemption: Redemption
}

package enum RefreshStep: Equatable, Sendable {
    /// The reply is written.
    case replied
    /// Reuse: revoke this, then answer with what `revoked` says.
    case revoke(Revocation)
}

/// The claims that only a refresh token has.
struct RefreshClaims {
    let authTime: Int64
    let generation: Int64
    let revision: UInt64

    init(_ claims: borrowing Claims) throws(InvalidReason) {
        guard let authTime = claims.authTime, let generation = claims.generation, let revision = claims.revision,
            generation >= 0
        else { throw .malformed }
        self.authTime = authTime
        self.generation = generation
        self.revision = revision
    }
}
