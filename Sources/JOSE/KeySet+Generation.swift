import StrictJSON

extension Key {
    /// The size of a new RSA key, in bits: 128 bits of strength (SP 800-57 part 1, table 2).
    package static let generatedModulusSize = 3072
    /// The size of a new HMAC secret, in bytes: that of the hash, beyond which there is nothing to gain.
    package static let generatedSecretLength = 32

    /// A new key with its private part.
    package static func generate(_ algorithm: SignatureAlgorithm) throws(JOSEError) -> Key {
        let material = try generateMaterial(algorithm)
        let kid = try thumbprint(algorithm, material)
        return Key(kid: kid, algorithm: algorithm, canSign: true, material: material)
    }

    private static func generateMaterial(_ algorithm: SignatureAlgorithm) throws(JOSEError) -> Material {
        switch algorithm {
        case .edDSA: return .asymmetric(try EVPKey.generateEd25519())
        case .es256: return .asymmetric(try EVPKey.generateP256())
        case .rs256: return .asymmetric(try EVPKey.generateRSA(bits: generatedModulusSize))
        case .hs256:
            var bytes = try SecureRandom.bytes(generatedSecretLength)
            return .secret(SecretBytes(wiping: &bytes))
        }
    }
}

extension KeySet {
    /// New keys, one for each entry of `algorithms`, in that order.
    package static func generate(_ algorithms: [SignatureAlgorithm]) throws(KeySetError) -> KeySet {
        var keys: [Key] = []
        for algorithm in algorithms {
            do throws(JOSEError) {
                keys.append(try Key.generate(algorithm))
            } catch {
                throw KeySetError(.openSSL(error.reason))
            }
        }
        return try KeySet(keys: keys)
    }
}
