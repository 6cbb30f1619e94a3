package import Blacklist

/// The one place that decides between replicas: which refresh token was redeemed first, and what is revoked.
///
/// Promises that an implementation makes:
/// - `redeem` answers `.redeemed` to at most one caller for the same family and revision, ever.
/// - `revoke` answers `.revoked` only when every revocation is as durable as the ledger is *and* this replica's own
///   blacklists hold it, so that the next verify here rejects the token.
/// - Every call is completed exactly once, within a bound; an outcome that is not known is `.unavailable`, never a success.
///
/// Calls do not block. The completion may run on any thread, also before the call has returned.
package protocol Ledger: Sendable {
    /// While it is not current, nothing may be answered: a token could have been revoked without this replica's knowing.
    var freshness: LedgerFreshness { get }
    func redeem(_ redemption: Redemption, completion: @escaping @Sendable (RedeemOutcome) -> Void)
    func revoke(_ revocations: [Revocation], at now: UnixTime, completion: @escaping @Sendable (RevokeOutcome) -> Void)
}

/// One use of a refresh token: a compare-and-set on its family.
///
/// It holds all that is needed to sign the successor pair again, so that within the grace period any replica can give
/// the same answer as the one that redeemed, whatever became of that one.
package struct Redemption: Equatable, Sendable {
    package var family: UUIDv7
    /// The `rev` of the token presented: the family's last record must be this one (0: none yet).
    package var expectedRevision: UInt64
    /// The `gen` of the token presented.
    package var generation: Int64
    /// The `jti` of the token presented.
    package var tokenID: UUIDv7
    /// When it was presented; the successors' `iat` follows from it.
    package var redeemedAt: UnixTime
    package var successor: Successor
    /// Until when the record must be kept: the family's end, and a little more, because clocks differ.
    package var expiresAt: UnixTime

    package init(
        family: UUIDv7, expectedRevision: UInt64, generation: Int64, tokenID: UUIDv7, redeemedAt: UnixTime,
        successor: Successor, expiresAt: UnixTime
    ) {
        self.family = family
        self.expectedRevision = expectedRevision
        self.generation = generation
        self.tokenID = tokenID
        self.redeemedAt = redeemedAt
        self.successor = successor
        self.expiresAt = expiresAt
    }
}

/// The ids and expiry times (Unix seconds) of the pair that a redemption brings.
package struct Successor: Equatable, Sendable {
    package var accessID: UUIDv7
    package var refreshID: UUIDv7
    package var accessExpiresAt: Int64
    package var refreshExpiresAt: Int64

    package init(accessID: UUIDv7, refreshID: UUIDv7, accessExpiresAt: Int64, refreshExpiresAt: Int64) {
        self.accessID = accessID
        self.refreshID = refreshID
        self.accessExpiresAt = accessExpiresAt
        self.refreshExpiresAt = refreshExpiresAt
    }
}

/// An id that must not be believed again.
package struct Revocation: Equatable, Sendable {
    package enum Kind: String, Sendable {
        case family
        case accessToken = "access_token"
    }

    package enum Reason: String, Sendable {
        /// Somebody asked for it.
        case blacklisted
        /// A refresh token was presented again after its rotation: it, or its successor, was stolen (RFC 9700, section 4.14).
        case reused
    }

    package var kind: Kind
    package var id: UUIDv7
    /// From here on no token can live that the revocation would be needed for.
    package var expiresAt: UnixTime
    package var reason: Reason

    package init(kind: Kind, id: UUIDv7, expiresAt: UnixTime, reason: Reason) {
        self.kind = kind
        self.id = id
        self.expiresAt = expiresAt
        self.reason = reason
    }
}

/// The last record that a ledger holds of a family.
package enum FamilyRecord: Equatable, Sendable {
    case redeemed(Redemption, revision: UInt64)
    case revoked
}

package enum RedeemOutcome: Equatable, Sendable {
    /// The redemption stands; `revision` is its record's, and the successor's `rev`.
    case redeemed(revision: UInt64)
    /// The family's last record is another one than the token says; nil when the ledger knows none.
    case conflict(FamilyRecord?)
    /// Out of reach, or the outcome is unknown; the text says which.
    case unavailable(String)
}

package enum RevokeOutcome: Equatable, Sendable {
    case revoked
    case unavailable(String)
}
