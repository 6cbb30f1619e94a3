/// Why a token is not valid: the `reason` of a `verify_token` reply. Callers may branch on it, so a value keeps its
/// meaning for good; new ones may be added.
package enum InvalidReason: String, CaseIterable, Sendable {
    /// No compact JWS with a header and claims that this service could have written.
    case malformed
    /// An algorithm that is unknown, or not that of the key that `kid` names.
    case unsupportedAlgorithm = "unsupported_algorithm"
    case unknownKey = "unknown_key"
    case badSignature = "bad_signature"
    /// A good token of another kind, such as a refresh token.
    case wrongType = "wrong_type"
    case wrongIssuer = "wrong_issuer"
    case notYetValid = "not_yet_valid"
    case expired
    /// Blacklisted, by itself or with its family.
    case revoked
}
