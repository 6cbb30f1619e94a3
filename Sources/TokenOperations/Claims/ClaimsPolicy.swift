internal import JOSE
internal import StrictJSON
internal import TokenContract

/// What a token's claims must satisfy once its signature was found good: issuer and time (RFC 7519, section 4.1).
///
/// Revocation is not asked here: it is the blacklist's, and comes last, because it is the only answer that changes.
struct ClaimsPolicy: Sendable {
    private let issuer: [UInt8]
    private let leeway: Int64
    private let written: WrittenClaims

    init(_ policy: TokenPolicy) {
        issuer = Array(policy.issuer.utf8)
        leeway = policy.leeway
        written = WrittenClaims(issuer: policy.issuer)
    }

    /// The claims of a token that this service issued and that is good at this time: signature, issuer, time.
    func goodClaims(
        of token: RawSpan, with verifier: inout Verifier, at now: UnixTime
    ) throws(InvalidReason) -> Claims {
        let claims = try ownClaims(of: token, with: &verifier)
        if isNotYetValid(claims, at: now) { throw .notYetValid }
        if isExpired(expiresAt: claims.expiresAt, at: now) { throw .expired }
        return claims
    }

    /// The claims of a token that this service issued, however old it is: signature and issuer.
    func ownClaims(of token: RawSpan, with verifier: inout Verifier) throws(InvalidReason) -> Claims {
        do throws(JWSRejection) {
            try verifier.verify(token)
        } catch {
            throw InvalidReason(error)
        }
        // Only this issuer's are read like that.
        if let claims = written.read(verifier.payload) { return claims }
        let claims: Claims
        do throws(ClaimsError) {
            claims = try Claims(payload: verifier.payload)
        } catch {
            throw .malformed
        }
        guard isIssuer(claims.issuer, in: verifier.payload) else { throw .wrongIssuer }
        return claims
    }

    private func isIssuer(_ claim: JSONString?, in payload: RawSpan) -> Bool {
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

extension InvalidReason: Error {
    /// The words of the signature layer in the words of the contract.
    init(_ rejection: JWSRejection) {
        self =
            switch rejection {
            case .malformed: .malformed
            case .unsupportedAlgorithm: .unsupportedAlgorithm
            case .unknownKey: .unknownKey
            case .wrongType: .wrongType
            case .badSignature: .badSignature
            }
    }
}

extension Int64 {
    /// Addition that stops at the ends of the range: times in signed tokens may still be any number.
    func addingClamped(_ other: Int64) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? (other < 0 ? .min : .max) : sum
    }
}
