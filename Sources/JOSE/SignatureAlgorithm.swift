/// The signature algorithms that this service speaks; everything else, `none` first of all, is unsupported.
///
/// The raw value is the `alg` of a JOSE header (RFC 7518 section 3.1, RFC 8037 section 3.1).
package enum SignatureAlgorithm: String, CaseIterable, Sendable {
    /// Ed25519 (RFC 8032, RFC 8037). Deterministic. The other curve of this name, Ed448, is not supported.
    case edDSA = "EdDSA"
    /// ECDSA with P-256 and SHA-256 (RFC 7518 section 3.4). A fresh random number goes into each signature.
    case es256 = "ES256"
    /// RSASSA-PKCS1-v1_5 with SHA-256 (RFC 7518 section 3.3). Deterministic.
    case rs256 = "RS256"
    /// HMAC with SHA-256 (RFC 7518 section 3.2). Deterministic. Whoever can verify can also sign.
    case hs256 = "HS256"

    /// Whether the key that verifies is the key that signs, and so must never be shown to anybody.
    package var isSymmetric: Bool { self == .hs256 }

    /// Whether the same key and payload always give the same token, byte for byte.
    package var isDeterministic: Bool { self != .es256 }
}
