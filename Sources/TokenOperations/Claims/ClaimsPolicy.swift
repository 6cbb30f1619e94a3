internal import StrictJSON
internal import TokenContract

/// What a token's claims must satisfy once its signature was found good: issuer and time (RFC 7519, section 4.1).
///
/// Revocation is not asked here: it is the blacklist's, and comes last, because it is the only answer that changes.
struct ClaimsPolicy: Sendable {
    private let issuer: [UInt8]
    private let leeway: Int64

    init(_ policy: TokenPolicy) {
        issuer = Array(policy.issuer.utf8)
        leeway = policy.leeway
    }

    /// Issuer, then time; nil when nothing speaks against the token.
    func refusal(of claims: Claims, in payload: RawSpan, at now: UnixTime) -> InvalidReason? {
        if !isIssuer(claims.issuer, in: payload) { return .wrongIssuer }
        if isNotYetValid(claims, at: now) { return .notYetValid }
        if isExpired(expiresAt: claims.expiresAt, at: now) { return .expired }
        return nil
    }

    func isIssuer(_ claim: JSONString?, in payload: RawSpan) -> Bool {
        guard let claim else { return false }
        return JSONScanner(payload).matches(claim, issuer.rawSpan)
    }

    /// The token is good before `exp`, not at it; another replica's clock may be ahead by the leeway.
    func isExpired(expiresAt: Int64, at now: UnixTime) -> Bool {
        now.seconds >= expiresAt.addingClamped(leeway)
    }

    /// An `iat` in the future, beyond what clocks differ by, was not written by a replica whose clock can be believed.
    private func isNotYetValid(_ claims: Claims, at now: UnixTime) -> Bool {
        let latest = now.seconds.addingClamped(leeway)
        return claims.issuedAt > latest || (claims.notBefore ?? .min) > latest
    }
}

extension Int64 {
    /// Addition that stops at the ends of the range: times in signed tokens may still be any number.
    func addingClamped(_ other: Int64) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? (other < 0 ? .min : .max) : sum
    }
}
