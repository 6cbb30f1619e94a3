/// The keys that this service signs and verifies with, in the order of their file.
///
/// The first key of an algorithm that has its private part signs; all others verify. Never empty, no two keys with one
/// `kid`. Immutable: a changed file makes a new set, and the loops make new signers and verifiers from it.
package struct KeySet: Sendable {
    /// The most keys that a set may have: a verifier compares against each of them.
    package static let maxKeys = 64

    package let keys: [Key]

    package init(keys: [Key]) throws(KeySetError) {
        guard !keys.isEmpty else { throw KeySetError(.empty) }
        guard keys.count <= Self.maxKeys else { throw KeySetError(.tooManyKeys(limit: Self.maxKeys)) }
        for (index, key) in keys.enumerated() where keys[..<index].contains(where: { $0.kid == key.kid }) {
            throw KeySetError(.duplicateKey, index: index, kid: key.kid)
        }
        self.keys = keys
    }

    /// The key that signs with `algorithm`: the first one of it that has its private part.
    package func signingKey(_ algorithm: SignatureAlgorithm) -> Key? {
        keys.first { $0.algorithm == algorithm && $0.canSign }
    }

    package func key(kid: String) -> Key? {
        keys.first { $0.kid == kid }
    }
}
