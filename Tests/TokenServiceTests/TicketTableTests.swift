import TestSupport
import Testing

@testable import TokenService

@Suite("Requests that wait: every answer finds its own request, or nobody")
struct TicketTableTests {
    @Test("A ticket is good once, and never for the one who took the place afterwards")
    func once() {
        var table = TicketTable<String>(capacity: 2)
        let first = table.add("first")
        let taken = table.take(first)
        let again = table.take(first)
        let second = table.add("second")
        let stale = table.take(first)
        #expect(taken == "first")
        #expect(again == nil)
        #expect(stale == nil)
        #expect(first != second)
        let found = table.take(second)
        #expect(found == "second")
    }

    @Test("It is full at its capacity, and not after one has left")
    func full() {
        var table = TicketTable<Int>(capacity: 3)
        let tickets = (0..<3).map { table.add($0) }
        #expect(table.isFull)
        _ = table.take(tickets[1])
        #expect(!table.isFull)
        _ = table.add(3)
        #expect(table.isFull)
    }

    @Test("A random history agrees with a dictionary")
    func history() {
        let seed = UInt64.random(in: .min ... .max)
        var random = SeededGenerator(seed: seed)
        var table = TicketTable<Int>(capacity: 50)
        var tickets: [(ticket: TicketTable<Int>.Ticket, value: Int, isOut: Bool)] = []
        for step in 0..<20_000 {
            if random.next() % 2 == 0, !table.isFull {
                tickets.append((table.add(step), step, false))
            } else if !tickets.isEmpty {
                let pick = Int(random.next() % UInt64(tickets.count))
                let found = table.take(tickets[pick].ticket)
                #expect(found == (tickets[pick].isOut ? nil : tickets[pick].value), "seed \(seed), step \(step)")
                tickets[pick].isOut = true
            }
            #expect(table.count == tickets.count { !$0.isOut }, "seed \(seed), step \(step)")
            if tickets.count > 200 { tickets.removeAll { $0.isOut } }
        }
    }
}
