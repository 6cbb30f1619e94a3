import JetStreamLedger
import Logging
import Synchronization

/// Says while the service runs what has become of writes to the ledger, a line each at a look: callers choose how many
/// there are, and one that is refused tells only its caller.
struct LedgerWatch {
    struct Line {
        let message: Logger.Message
        /// Since the last look, and since the start.
        let count: Int
        let total: Int
    }

    private var unavailable = 0
    private var unreached = 0

    /// The lines for what has grown since the last look.
    mutating func look(at counters: LedgerCounters) -> [Line] {
        let now = (
            unavailable: counters.unavailable.load(ordering: .relaxed), unreached: counters.unreached.load(ordering: .relaxed)
        )
        defer { (unavailable, unreached) = now }
        return [
            Line(
                message: "refreshes and blacklistings were answered 503: the ledger has not taken them, or not said so in time",
                count: now.unavailable - unavailable, total: now.unavailable),
            Line(
                message: "writes reached nobody, and were tried again: the ledger's stream is gone, or has no leader",
                count: now.unreached - unreached, total: now.unreached),
        ].filter { $0.count > 0 }
    }
}
