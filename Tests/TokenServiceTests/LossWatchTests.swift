import JetStreamLedger
import NATSTransport
import Synchronization
import Testing

@testable import TokenService

@Suite("What is lost is said, once")
struct LossWatchTests {
    @Test("Each loss is told with its count, and not again until there are more")
    func tellsGrowth() {
        var watch = LossWatch()
        var statistics = LoopStatistics()
        statistics.received = 100
        #expect(watch.look(at: statistics).isEmpty)
        statistics.refusedReplySubjects = 3
        statistics.undeliverable = 1
        #expect(watch.look(at: statistics).map(\.count) == [3, 1])
        #expect(watch.look(at: statistics).isEmpty)
        statistics.refusedReplySubjects = 5
        #expect(watch.look(at: statistics).map(\.count) == [2])
    }

    @Test("What the ledger has not taken is told with its count and its total, and not again until there is more")
    func tellsTheLedgers() {
        var watch = LedgerWatch()
        let counters = LedgerCounters()
        #expect(watch.look(at: counters).isEmpty)
        counters.unavailable.add(4, ordering: .relaxed)
        counters.unreached.add(9, ordering: .relaxed)
        #expect(watch.look(at: counters).map { [$0.count, $0.total] } == [[4, 4], [9, 9]])
        #expect(watch.look(at: counters).isEmpty)
        counters.unavailable.add(1, ordering: .relaxed)
        #expect(watch.look(at: counters).map { [$0.count, $0.total] } == [[1, 5]])
    }
}
