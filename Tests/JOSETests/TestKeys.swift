import JOSE

/// Keys that are cheap to have in every test: those of the RFCs, so that no test waits for an RSA key.
enum TestKeys {
    static func vector(_ algorithm: SignatureAlgorithm) -> SignatureVector {
        switch algorithm {
        case .edDSA: RFC8037.ed25519
        case .es256: RFC7515.a3
        case .rs256: RFC7515.a2
        case .hs256: RFC7515.a1
        }
    }

    static func set(_ algorithm: SignatureAlgorithm) throws -> KeySet {
        try keySet(vector(algorithm).jwkSet)
    }

    static func key(_ algorithm: SignatureAlgorithm) throws -> Key {
        try set(algorithm).keys[0]
    }

    /// One key of each algorithm.
    static func all() throws -> KeySet {
        try keySet(#"{"keys":[\#(SignatureAlgorithm.allCases.map { vector($0).jwk }.joined(separator: ","))]}"#)
    }
}
