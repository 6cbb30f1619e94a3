/// Things that wait for an answer, in a table of bounded size.
///
/// A ticket names a place and how often it was used, so that an answer that comes twice, or too late, finds nobody
/// instead of somebody else. One thread.
struct TicketTable<Element> {
    struct Ticket: Sendable, Equatable {
        fileprivate var place: Int
        fileprivate var use: UInt32
    }

    private struct Place {
        var use: UInt32 = 0
        var element: Element?
    }

    let capacity: Int
    private var places: [Place] = []
    private var free: [Int] = []

    init(capacity: Int) {
        self.capacity = capacity
    }

    var count: Int { places.count - free.count }

    /// Whether another one must be refused.
    var isFull: Bool { count >= capacity }

    /// To be asked `isFull` before.
    mutating func add(_ element: Element) -> Ticket {
        precondition(!isFull, "the table is full")
        let place = free.popLast() ?? places.count
        if place == places.count { places.append(Place()) }
        places[place].element = element
        return Ticket(place: place, use: places[place].use)
    }

    /// Takes it out; nil when it was taken before.
    mutating func take(_ ticket: Ticket) -> Element? {
        guard places.indices.contains(ticket.place), places[ticket.place].use == ticket.use,
            let element = places[ticket.place].element
        else { return nil }
        places[ticket.place].element = nil
        places[ticket.place].use &+= 1
        free.append(ticket.place)
        return element
    }
}
