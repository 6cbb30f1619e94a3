import Synchronization
import TokenOperations

/// What the ledger said about a request that waits in a loop.
enum LedgerAnswer: Sendable {
    case redeem(RedeemOutcome)
    case revoke(RevokeOutcome)
}

/// Where the ledger leaves its answers for a loop, from whatever thread it runs on.
///
/// Bounded by the loop's waiting requests: each is asked for one answer at a time. The mutex is held for an append or a
/// swap, and only refreshes and blacklistings come this way; verify never does.
final class LedgerMailbox: Sendable {
    struct Item: Sendable {
        var ticket: TicketTable<WaitingRequest>.Ticket
        var answer: LedgerAnswer
    }

    private let items = Mutex<[Item]>([])
    private let wake: @Sendable () -> Void

    /// - Parameter wake: makes the loop call `takeAll` soon; may be called from any thread.
    init(wake: @escaping @Sendable () -> Void) {
        self.wake = wake
    }

    func post(_ answer: LedgerAnswer, for ticket: TicketTable<WaitingRequest>.Ticket) {
        let wasEmpty = items.withLock { items in
            items.append(Item(ticket: ticket, answer: answer))
            return items.count == 1
        }
        // Whoever finds it empty wakes; the others' items are taken in the same turn.
        if wasEmpty { wake() }
    }

    func takeAll() -> [Item] {
        items.withLock { items in
            defer { items = [] }
            return items
        }
    }
}
