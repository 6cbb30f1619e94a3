package import Synchronization

/// What has happened to a ledger since its start. Relaxed throughout: each number stands for itself.
package final class LedgerCounters: Sendable {
    /// Times that the stream was found to have lost records, or to be another one.
    package let losses = Atomic(0)
    /// Revocations that were published again because of it.
    package let republished = Atomic(0)
    package let unreadable = Atomic(0)
    /// Redemptions and revocations that were asked for and answered "unavailable": not stored, or nobody knows.
    package let unavailable = Atomic(0)
    /// Attempts at a write that reached nobody, because the stream was gone or had no leader.
    package let unreached = Atomic(0)

    package init() {}
}
