/// One key: what it is called, which algorithm it serves, and its material.
///
/// A key serves exactly one algorithm for its whole life; that, and not what a token claims, decides how a token is
/// checked (RFC 8725 section 3.1). Immutable after `init`, so any thread may use it; every thread makes its own
/// `Signer` and `Verifier` from it. The private material is wiped when the last owner lets go. A class, because the
/// owner of C memory has an identity and one end.
package final class Key: Sendable {
    /// The RFC 7638 thumbprint: SHA-256 over the key's required members, in base64url. Always 43 characters.
    ///
    /// For HMAC keys it is computed from the secret and travels in every token's header, which RFC 7638 section 7
    /// warns of for guessable secrets: whoever tries a guess can check it. A token's signature tells him the same, and
    /// `KeySet` refuses secrets shorter than the hash.
    package let kid: String
    package let algorithm: SignatureAlgorithm
    /// Whether the private part (for HMAC: the secret) is at hand.
    package let canSign: Bool

    let material: Material

    enum Material: Sendable {
        case secret(SecretBytes)
        case asymmetric(EVPKey)
    }

    init(kid: String, algorithm: SignatureAlgorithm, canSign: Bool, material: Material) {
        self.kid = kid
        self.algorithm = algorithm
        self.canSign = canSign
        self.material = material
    }
}
