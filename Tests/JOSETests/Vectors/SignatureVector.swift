/// A published example of a signature: the key, what was signed, and the outcome in base64url.
struct SignatureVector: Sendable {
    /// The members of the RFC's JWK without `kid` and `use`.
    let jwk: String
    let signingInput: String
    let signature: String

    /// A set of that key only.
    var jwkSet: String { #"{"keys":[\#(jwk)]}"# }
    var token: String { signingInput + "." + signature }

    /// The text of a member of the JWK.
    func member(_ name: String) -> Substring? {
        jwk.split(separator: "\n").lazy.compactMap { line in
            let parts = line.split(separator: "\"")
            guard let index = parts.firstIndex(of: name[...]), parts.count > index + 2 else { return nil }
            return parts[index + 2]
        }.first
    }
}
