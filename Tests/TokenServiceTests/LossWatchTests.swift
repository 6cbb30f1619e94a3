import NATSTransport
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
}
