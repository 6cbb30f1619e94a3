package import StrictJSON

/// What is wrong with a key or a key set. The texts continue a sentence that begins with the key.
package enum KeyProblem: Error, Equatable, Sendable, CustomStringConvertible {
    // The set.
    case notJSON(JSONError)
    case noKeysMember
    case empty
    case tooManyKeys(limit: Int)
    case duplicateKey

    // Members of a key.
    case missing(String)
    case notAString(String)
    case notBase64URL(String)
    case wrongLength(String, bytes: Int, expected: Int)
    case notMinimal(String)
    case wrongUse
    case wrongOperations

    // What this service does not speak.
    case unsupportedKeyType
    case unsupportedCurve(String)
    case wrongAlgorithm(expected: SignatureAlgorithm)
    case multiPrime

    // The material.
    case wrongThumbprint(expected: String)
    case secretLength(bytes: Int, limits: ClosedRange<Int>)
    case modulusSize(bits: Int, limits: ClosedRange<Int>)
    case exponent
    case notSound
    case notAPair
    case openSSL(String)

    package var description: String {
        switch self {
        case .notJSON(let error): "is not valid JSON: \(error)"
        case .noKeysMember:
            "has no array 'keys': a JWK Set is an object with one (RFC 7517 section 5); make one with 'keys generate'"
        case .empty: "holds no key: make one with 'keys generate'"
        case .tooManyKeys(let limit): "holds more than \(limit) keys: retire old ones"
        case .duplicateKey: "is in the set twice: remove one of the two"
        case .missing(let member): "has no '\(member)': put it back, or make a new key"
        case .notAString(let member): "has a '\(member)' that is not a string"
        case .notBase64URL(let member):
            "has a '\(member)' that is not base64url without padding (RFC 7515 section 2): write it in that form"
        case .wrongLength(let member, let bytes, let expected):
            "has a '\(member)' of \(bytes) bytes where \(expected) are needed: make a new key"
        case .notMinimal(let member): "has a '\(member)' with leading zeros (RFC 7518 section 2): leave them out"
        case .wrongUse: "has a 'use' other than 'sig': only signature keys belong in this set"
        case .wrongOperations:
            "has a 'key_ops' other than 'sign' and 'verify', or 'verify' for a public key: correct it or leave it out"
        case .unsupportedKeyType: "has a 'kty' other than OKP, EC, RSA and oct: remove it"
        case .unsupportedCurve(let only): "has a 'crv' other than \(only), the only one supported: remove it"
        case .wrongAlgorithm(let expected):
            "has an 'alg' other than \(expected.rawValue), the only one for its type: correct it or leave it out"
        case .multiPrime: "has more than two primes ('oth'): make a new key"
        case .wrongThumbprint(let expected):
            "has a 'kid' that is not its RFC 7638 thumbprint: write \(expected), or leave it out"
        case .secretLength(let bytes, let limits):
            "has a secret of \(bytes) bytes, and HS256 takes \(limits.lowerBound)-\(limits.upperBound): make a new key"
        case .modulusSize(let bits, let limits):
            "has a modulus of \(bits) bits, and RS256 takes \(limits.lowerBound)-\(limits.upperBound): make a new key"
        case .exponent: "has a public exponent that is even or below 65537: make a new key"
        case .notSound: "is not a sound public key (its numbers cannot be such): make a new key"
        case .notAPair: "has a private part that does not belong to its public part: make a new key"
        case .openSSL(let reason): "was refused by OpenSSL: \(reason)"
        }
    }
}
