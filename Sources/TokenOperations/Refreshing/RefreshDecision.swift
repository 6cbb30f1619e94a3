internal import TokenContract

/// What follows from the ledger's answer to a redemption. Pure: no clock, no ledger, no keys.
enum RefreshDecision: Equatable {
    /// Sign the pair of this redemption: the request's own, or within the grace period the one that came before it.
    case issue(Redemption, revision: UInt64)
    /// A token that was redeemed before is presented again.
    case revokeFamily
    case refuse(ServiceError)

    init(_ flight: RefreshInFlight, _ outcome: RedeemOutcome, lifetimes: Lifetimes) {
        switch outcome {
        case .redeemed(let revision):
            self = .issue(flight.redemption, revision: revision)
        case .conflict(.redeemed(let last, let revision)):
            self = Self.conflict(flight, last, revision: revision, lifetimes: lifetimes)
        case .conflict(.revoked):
            self = .refuse(.refused("refresh_token", .revoked))
        case .conflict(nil):
            // The token carries a revision that this ledger never gave: it was emptied, or it is another one.
            self = .refuse(.refused("refresh_token", "is unknown to the ledger"))
        case .unavailable(let cause):
            self = .refuse(ServiceError(.unavailable, "the ledger is out of reach: \(cause)"))
        }
    }

    private static func conflict(
        _ flight: RefreshInFlight, _ last: Redemption, revision: UInt64, lifetimes: Lifetimes
    ) -> RefreshDecision {
        let presented = flight.redemption
        if last.generation < presented.generation {
            // The ledger has forgotten what this token was issued from, so it cannot tell a first use from a second.
            return .refuse(.refused("refresh_token", "is newer than the ledger"))
        }
        // The generation and the id: of two tokens with the same generation only one was redeemed.
        let isSameToken = last.generation == presented.generation && last.tokenID == presented.tokenID
        if isSameToken, lifetimes.isWithinGrace(redeemedAt: last.redeemedAt, at: flight.receivedAt) {
            return .issue(last, revision: revision)
        }
        return .revokeFamily
    }
}
