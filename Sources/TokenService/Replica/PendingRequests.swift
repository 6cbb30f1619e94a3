import NATSTransport
import TokenContract
import TokenOperations

/// The requests of a loop that wait for the ledger, in a table of fixed size.
///
/// A ticket names a place and how often it was used, so that an answer that comes twice, or too late, finds nobody
/// instead of somebody else. The ledger answers every request within a bound of its own, so places come back.
struct PendingRequests: ~Copyable {
    /// Waiting requests at the most, a loop; one more is refused with 503.
    static let capacity = 4_096

    struct Ticket: Sendable, Equatable {
        fileprivate var place: Int
        fileprivate var use: UInt32
    }

    enum Work {
        case refresh(RefreshInFlight)
        /// A refresh token that was redeemed before: its family is being revoked.
        case reuse(Revocation)
        case blacklist(BlacklistInFlight)
    }

    /// A class, because an array cannot hold replies, which are not copyable.
    final class Waiting {
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

    private struct Place {
        var use: UInt32 = 0
        var waiting: Waiting?
    }

    private var places: [Place] = []
    private var free: [Int] = []

    /// Whether another request must be refused.
    var isFull: Bool { places.count - free.count >= Self.capacity }

    /// To be asked `isFull` before: a request that waits already may go on waiting above the capacity.
    mutating func add(_ waiting: Waiting) -> Ticket {
        let place = free.popLast() ?? places.count
        if place == places.count { places.append(Place()) }
        places[place].waiting = waiting
        return Ticket(place: place, use: places[place].use)
    }

    /// Takes the request out; nil when it was taken before.
    mutating func take(_ ticket: Ticket) -> Waiting? {
        guard places.indices.contains(ticket.place), places[ticket.place].use == ticket.use,
            let waiting = places[ticket.place].waiting
        else { return nil }
        places[ticket.place].waiting = nil
        places[ticket.place].use &+= 1
        free.append(ticket.place)
        return waiting
    }
}
