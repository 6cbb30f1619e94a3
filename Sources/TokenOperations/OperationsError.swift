package import JOSE

/// Operations that cannot be set up with these keys.
package enum OperationsError: Error, CustomStringConvertible {
    case noSigningKey(SignatureAlgorithm)
    case signing(JOSEError)
    case verifying(JOSEError)
    /// Even the shortest id makes tokens that are larger than the limits; the text says by how much.
    case nothingFits(String)

    package var description: String {
        switch self {
        case .noSigningKey(let algorithm):
            "the key file holds no private \(algorithm.rawValue) key to sign with: serve with the --algorithm that it was made for (`token-service keys list` tells), or make another with `token-service keys generate --algorithm \(algorithm.rawValue)`"
        case .signing(let error): "a signer cannot be made: \(error)"
        case .verifying(let error): "a verifier cannot be made: \(error)"
        case .nothingFits(let size):
            "no token could be issued: even an id of one byte makes \(size); raise --max-token-bytes or --max-request-bytes"
        }
    }
}
