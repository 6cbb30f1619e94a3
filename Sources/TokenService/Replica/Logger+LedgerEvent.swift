import JetStreamLedger
import Logging
import Synchronization

extension Logger {
    /// What happens between this replica and the ledger, in words; with the totals since its start, where they tell more
    /// than the one event.
    func report(_ event: LedgerEvent, _ counters: LedgerCounters) {
        switch event {
        case .ready:
            info("the ledger's stream is ready")
        case .refused:
            // The process ends with the reason as its last line.
            error("cannot serve with this ledger")
        case .trouble(let reason):
            warning("the ledger is in trouble", metadata: ["reason": "\(reason)"])
        case .lostForGood(let reason):
            error("the ledger has lost records for good", metadata: ["reason": "\(reason)"])
        case .current(let revocations, let delivered, let milliseconds):
            notice(
                "caught up with the ledger",
                metadata: [
                    "revocations": "\(revocations)", "delivered": "\(delivered)", "delivered_ms": "\(milliseconds)",
                ])
        case .stale:
            error("lost sight of the ledger: answering nothing until it is back")
        case .republishing(let reason):
            error(
                "the ledger has lost revocations: publishing again what this replica knows",
                metadata: ["reason": "\(reason.rawValue)", "losses": "\(counters.losses.load(ordering: .relaxed))"])
        case .republished(let count):
            notice(
                "published again what the ledger had lost",
                metadata: [
                    "revocations": "\(count)", "republished": "\(counters.republished.load(ordering: .relaxed))",
                ])
        case .redemptionsLost(let time):
            error(
                "the ledger may have lost redemptions: refusing refresh tokens that were issued before; users log in again",
                metadata: ["before": "\(RFC3339.text(time))"])
        case .unreadable(let subject, let reason, let count):
            error(
                "a record in the ledger is not this service's; its id, if it has one, is taken for revoked",
                metadata: ["subject": "\(subject)", "reason": "\(reason)", "count": "\(count)"])
        case .full(let reason):
            error(
                "no room for a revocation: answering nothing until there is; raise --blacklist-memory",
                metadata: ["reason": "\(reason)"])
        }
    }

    /// The ledger's counters at the end.
    func report(_ counters: LedgerCounters) {
        info(
            "followed the ledger",
            metadata: [
                "losses": "\(counters.losses.load(ordering: .relaxed))",
                "republished": "\(counters.republished.load(ordering: .relaxed))",
                "unreadable": "\(counters.unreadable.load(ordering: .relaxed))",
                "unavailable": "\(counters.unavailable.load(ordering: .relaxed))",
                "unreached": "\(counters.unreached.load(ordering: .relaxed))",
            ])
    }
}
