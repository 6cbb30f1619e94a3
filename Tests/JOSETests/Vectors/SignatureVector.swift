/// A published example of a signature: the key, what was signed, and the outcome in base64url.
struct SignatureVector: Sendable {
    /// The members of the RFC's JWK without `kid` and `use`.
    let jwk: String
    let signingInput: String
    let signature: String

    /// A set of that key only.
    var jwkSet: String { #"{"keys":[\#(jwk)]}"# }
    var token: String { signingInput + "." + signature }
}
