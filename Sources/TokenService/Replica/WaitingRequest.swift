import NATSTransport
import TokenContract
import TokenOperations

/// A request that waits for the ledger. A class, because a table cannot hold replies, which are not copyable.
final class WaitingRequest {
    /// Waiting requests at the most, a loop; one more is refused with 503. The ledger answers every request within a
    /// bound of its own, so places come back.
    static let capacity = 4_096

    enum Work {
        case refresh(RefreshInFlight)
        /// A refresh token that was redeemed before: its family is being revoked.
        case reuse(Revocation)
        case blacklist(BlacklistInFlight)
    }

    let work: Work
    let operation: Operation
    let receivedAt: UnixTime
    private var reply: DeferredReply?

    init(_ work: Work, _ operation: Operation, receivedAt: UnixTime, reply: consuming DeferredReply) {
        self.work = work
        self.operation = operation
        self.receivedAt = receivedAt
        self.reply = consume reply
    }

    /// Once: afterwards there is nothing left to answer with.
    func takeReply() -> DeferredReply? {
        reply.take()
    }
}
