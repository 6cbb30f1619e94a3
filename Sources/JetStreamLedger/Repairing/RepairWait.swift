/// How long a replica waits for others to bring back what the stream has lost: since when nothing has come, since when at
/// all, and when it looked last.
struct RepairWait: Equatable, Sendable {
    private var found: FoundEpoch?
    private var lastRevocation: UInt64
    private var since: Int64
    private let began: Int64
    private var lookedAt: Int64

    init(_ found: FoundEpoch?, lastRevocation: UInt64, now: Int64) {
        self.found = found
        self.lastRevocation = lastRevocation
        (since, began, lookedAt) = (now, now, now)
    }

    /// Time counts only while it was looked: while this replica saw nothing, others could not repair anything either.
    ///
    /// - Parameter lastRevocation: the sequence of the last one that was delivered.
    mutating func looked(_ found: FoundEpoch?, lastRevocation: UInt64, now: Int64) {
        guard now - lookedAt <= RepairTimes.gap else {
            self = RepairWait(found, lastRevocation: lastRevocation, now: now)
            return
        }
        if self.found != found || self.lastRevocation != lastRevocation { since = now }
        (self.found, self.lastRevocation, lookedAt) = (found, lastRevocation, now)
    }

    /// - Parameter limit: how long nothing may move, in milliseconds.
    func isOver(_ limit: Int64, now: Int64) -> Bool { now >= min(since + limit, began + RepairTimes.longest) }
}
