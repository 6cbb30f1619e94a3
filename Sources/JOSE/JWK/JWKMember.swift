/// The members of a JWK that this service reads as strings (RFC 7517 section 4, RFC 7518 section 6, RFC 8037 section 2).
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

    /// Whether the member must never leave the key file.
    var isPrivate: Bool {
        switch self {
        case .kty, .kid, .alg, .use, .crv, .x, .y, .n, .e: false
        case .d, .p, .q, .dp, .dq, .qi, .k: true
        }
    }
}
