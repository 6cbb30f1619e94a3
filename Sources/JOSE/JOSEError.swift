/// A cryptographic operation that should have worked did not: out of memory, a provider that is missing or
/// refuses (FIPS), a generator that cannot be seeded. It says nothing about what a caller sent.
package struct JOSEError: Error, Sendable, CustomStringConvertible {
    /// What was tried, such as `sign with EdDSA`.
    package let operation: String
    /// What OpenSSL gave as the reason, or an empty text. Never holds keys or messages.
    package let reason: String

    package var description: String {
        reason.isEmpty ? "could not \(operation)" : "could not \(operation): \(reason)"
    }
}
