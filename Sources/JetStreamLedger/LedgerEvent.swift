package import TokenOperations

/// What a ledger on JetStream has to tell its operator. Called on the ledger loop's thread: do not block there.
package enum LedgerEvent: Sendable, Equatable {
    /// The stream is there, fits, and takes records.
    case ready
    /// This ledger cannot be served with; the text says why, and what to do. The loop ends.
    case refused(String)
    /// Something keeps this replica from the ledger; it goes on trying.
    case trouble(String)
    /// The ledger has lost what nobody may know any more, and is answered from all the same.
    case lostForGood(String)
    /// What this replica knows may be answered from. `revocations`: how many it knows; `delivered`: how many records the
    /// consumer has brought since it was started, or could last be answered from, and `milliseconds` the time from the
    /// first of them to the last.
    case current(revocations: Int, delivered: Int, milliseconds: Int)
    /// It may not be any more: the ledger is out of sight.
    case stale
    /// The stream is not, or not wholly, what was followed: what this replica knows is being published again.
    case republishing(ReplayReason)
    case republished(Int)
    /// The stream may have lost what was redeemed before this time: refresh tokens that were issued before are refused.
    case redemptionsLost(before: UnixTime)
    /// A record that this service cannot have written, told each time that their number has doubled.
    case unreadable(subject: String, reason: String, count: Int)
    /// A revocation of another replica's found no room here. Nothing may be answered from now on, until this replica is
    /// current again; told every time that a replay has not found room for all.
    case full(String)
}
