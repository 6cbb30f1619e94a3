/// How long tokens live and who issues them. All times in seconds.
///
/// Every replica has to be given the same policy; what one issues, another checks.
package struct TokenPolicy: Sendable, Equatable {
    /// The `iss` of every token issued, and the only one accepted (RFC 7519, section 4.1.1).
    package var issuer = "token-service"
    /// How long an access token is good for.
    package var accessLifetime: Int64 = 15 * 60
    /// How long a refresh token can lie unused before it dies.
    package var refreshIdleLifetime: Int64 = 7 * 86_400
    /// How long a family lives, however often it is refreshed.
    package var familyLifetime: Int64 = 30 * 86_400
    /// How far the clocks of two replicas may be apart.
    package var leeway: Int64 = 5
    /// How long after a rotation the rotated token gets the same successor again, because a reply can be lost.
    package var refreshGrace: Int64 = 10

    /// The longest `iss`, so that it cannot fill a token.
    package static let maxIssuerBytes = 256
    /// A hundred years: beyond it a number is a mistake of units.
    package static let longestLifetime: Int64 = 100 * 365 * 86_400
    package static let longestLeeway: Int64 = 300

    package init() {}

    /// How long a ledger must keep its records: the life of a family, and an hour, because clocks differ.
    package var recordLifetime: Int64 { familyLifetime + 3_600 }

    /// Refuses values that are out of range or contradict each other.
    package func validate() throws(TokenPolicyError) {
        guard !issuer.isEmpty, issuer.utf8.count <= Self.maxIssuerBytes else {
            throw TokenPolicyError("issuer must have 1 to \(Self.maxIssuerBytes) bytes of UTF-8, not \(issuer.utf8.count)")
        }
        guard (1...Self.longestLifetime).contains(accessLifetime) else {
            throw TokenPolicyError("access lifetime must be 1 to \(Self.longestLifetime) s, not \(accessLifetime) s")
        }
        guard (accessLifetime...Self.longestLifetime).contains(refreshIdleLifetime) else {
            throw TokenPolicyError(
                "refresh idle lifetime (\(refreshIdleLifetime) s) must not be shorter than the access lifetime (\(accessLifetime) s): nobody could refresh in time")
        }
        guard (refreshIdleLifetime...Self.longestLifetime).contains(familyLifetime) else {
            throw TokenPolicyError(
                "family lifetime (\(familyLifetime) s) must not be shorter than the refresh idle lifetime (\(refreshIdleLifetime) s)")
        }
        guard (0...min(Self.longestLeeway, accessLifetime)).contains(leeway) else {
            throw TokenPolicyError(
                "leeway must be 0 to \(min(Self.longestLeeway, accessLifetime)) s (and not longer than the access lifetime), not \(leeway) s")
        }
        guard (0...accessLifetime).contains(refreshGrace) else {
            throw TokenPolicyError(
                "refresh grace must be 0 to \(accessLifetime) s (the access lifetime), not \(refreshGrace) s")
        }
    }
}

/// A policy that cannot be: says which value, and the range that it must lie in.
package struct TokenPolicyError: Error, Equatable, CustomStringConvertible {
    package let description: String

    init(_ description: String) {
        self.description = description
    }
}
