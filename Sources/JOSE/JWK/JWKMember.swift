import StrictJSON

/// The members of a JWK that this service reads as strings (RFC 7517 section 4, RFC 7518 section 6, RFC 8037 section
/// 2).
enum JWKMember: String, CaseIterable, Sendable {
    case kty, kid, alg, use
    /// Curve and point, or the raw public key of Ed25519.
    case crv, x, y
    /// An RSA public key.
    case n, e
    /// The private part: of every asymmetric type `d`, of RSA the others too.
    case d, p, q, dp, dq, qi
    /// The secret of an `oct` key.
    case k

    /// The member of that name; `nil` for all others.
    init?(_ name: JSONString, _ scanner: borrowing JSONScanner) {
        for member in Self.allCases {
            let candidate = Array(member.rawValue.utf8)
            guard scanner.matches(name, candidate.rawSpan) else { continue }
            self = member
            return
        }
        return nil
    }
}
