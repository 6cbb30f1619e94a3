internal import Blacklist
package import JOSE
internal import StrictJSON
package import TokenContract

/// blacklist_tokens: neither token is to be believed again.
///
/// Each is checked on its own: signature, type, issuer. The refresh token revokes its family, and with it every access
/// token of that grant (RFC 7009, section 2.1); the access token revokes itself. What is good is revoked even when the
/// other is not. A token that can no longer be used needs no record, and to blacklist again is a success.
package struct BlacklistTokens: ~Copyable {
    private var accessVerifier: Verifier
    private var refreshVerifier: Verifier
    private let claimsPolicy: ClaimsPolicy
    private let lifetimes: Lifetimes

    package init(keys: KeySet, policy: TokenPolicy) throws(OperationsError) {
        let access = try Verifier(accessTokens: keys)
        let refresh = try Verifier(refreshTokens: keys)
        accessVerifier = access
        refreshVerifier = refresh
        claimsPolicy = ClaimsPolicy(policy)
        lifetimes = Lifetimes(policy)
    }

    /// Checks both tokens; what comes back is to be revoked in the ledger.
    package mutating func begin(refreshToken: RawSpan, accessToken: RawSpan, at now: UnixTime) -> BlacklistInFlight {
        var revocations: [Revocation] = []
        var refusals: [String] = []
        do throws(InvalidReason) {
            if let family = try familyRevocation(refreshToken, at: now) { revocations.append(family) }
        } catch {
            refusals.append("refresh_token is refused: \(error.rawValue)")
        }
        do throws(InvalidReason) {
            if let access = try accessRevocation(accessToken, at: now) { revocations.append(access) }
        } catch {
            refusals.append("access_token is refused: \(error.rawValue)")
        }
        return BlacklistInFlight(
            revocations: revocations,
            refusal: refusals.isEmpty ? nil : ServiceError(.unauthorized, refusals.joined(separator: "; ")))
    }

    /// The whole family, for as long as any token of it can live; nil once its end has passed.
    ///
    /// An expired refresh token still names its family, and a later one of the same family may be alive: to be rid of
    /// the family is what the caller asks for.
    private mutating func familyRevocation(_ token: RawSpan, at now: UnixTime) throws(InvalidReason) -> Revocation? {
        let claims = try claimsPolicy.ownClaims(of: token, with: &refreshVerifier)
        let refresh = try RefreshClaims(claims)
        let expiry = lifetimes.revocationExpiry(authTime: refresh.authTime, refreshExpiresAt: claims.expiresAt)
        guard expiry > now else { return nil }
        return Revocation(kind: .family, id: claims.family, expiresAt: expiry, reason: .blacklisted)
    }

    private mutating func accessRevocation(_ token: RawSpan, at now: UnixTime) throws(InvalidReason) -> Revocation? {
        let claims = try claimsPolicy.ownClaims(of: token, with: &accessVerifier)
        let expiry = lifetimes.tokenRecordExpiry(expiresAt: claims.expiresAt)
        guard expiry > now else { return nil }
        return Revocation(kind: .accessToken, id: claims.id, expiresAt: expiry, reason: .blacklisted)
    }
}

/// A blacklisting that waits for the ledger.
package struct BlacklistInFlight: Sendable {
    /// To be made durable; empty when there is nothing that still lives.
    package let revocations: [Revocation]
    /// The answer once they are, when one of the tokens was refused; nil for a success.
    package let refusal: ServiceError?

    /// Ends the request with the ledger's answer; nil for a success.
    package func revoked(_ outcome: RevokeOutcome) -> ServiceError? {
        switch outcome {
        case .revoked: refusal
        case .unavailable(let cause): ServiceError(.unavailable, "it is not certain that anything was revoked: \(cause)")
        }
    }
}
