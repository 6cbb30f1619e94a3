/// Why a token was not taken. The cases are ordered as they are found: a token gets the first that applies.
///
/// None of them carries anything of the token: what a caller sent never travels into a log or a reply.
package enum JWSRejection: Error, Equatable, CaseIterable, Sendable {
    /// Not three segments of canonical base64url, a header that is not one strict JSON object with the right
    /// types, or a header member that this service refuses to act on (`crit`, `b64`, `jku`, `jwk`, `x5u`, `x5c`).
    case malformed
    /// `alg` is none of the four, not the algorithm of the key that `kid` names, or not allowed here.
    case unsupportedAlgorithm
    /// No `kid`, or one that no key of the set has.
    case unknownKey
    /// `typ` is missing or another one: a refresh token used as an access token, or the reverse.
    case wrongType
    /// The signature is not that of the key over these bytes. Failures inside OpenSSL end here too: nothing is
    /// taken that was not positively verified.
    case badSignature
}
