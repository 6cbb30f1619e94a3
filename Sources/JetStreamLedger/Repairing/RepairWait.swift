/// How long a replica waits for others to bring back what the stream has lost: since when nothing has moved, since when at
/// all, and when it looked last.
struct RepairWait: Equatable, Sendable {
    private var found: FoundEpoch?
    private var lastSequence: UInt64
    private var since: Int64
    private let began: Int64
    private var lookedAt: Int64

    init(_ found: FoundEpoch?, lastSequence: UInt64, now: Int64) {
        self.found = found
        self.lastSequence = lastSequence
        (since, began, lookedAt) = (now, now, now)
    }

    /// Time counts only while it was looked: while this replica saw nothing, others could not repair anything either.
    ///
    /// - Parameter lastSequence: the highest that is known of the stream.
    mutating func looked(_ found: FoundEpoch?, lastSequence: UInt64, now: Int64) {
        guard now - lookedAt <= RepairTimes.gap else {
            self = RepairWait(found, lastSequence: lastSequence, now: now)
            return
        }
        // Without an epoch, what else is written to the stream is no sign of a repair.
        if self.found != found || found != nil && self.lastSequence != lastSequence { since = now }
        (self.found, self.lastSequence, lookedAt) = (found, lastSequence, now)
    }

    /// - Parameter limit: how long nothing may move, in milliseconds.
    func isOver(_ limit: Int64, now: Int64) -> Bool { now >= min(since + limit, began + RepairTimes.longest) }
}
