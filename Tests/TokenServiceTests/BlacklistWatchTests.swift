import Blacklist
import Logging
import Testing

@testable import TokenService

@Suite("An operator is told in time that a blacklist gets full, and when revocations are refused for it")
struct BlacklistWatchTests {
    private func counters(bytes: Int, refused: Int = 0) -> BlacklistCounters {
        var counters = BlacklistCounters()
        (counters.limitBytes, counters.bytes, counters.refusedInserts) = (1_000, bytes, refused)
        return counters
    }

    @Test("Once on the way up, at every look at which more were refused, and again after it has had room")
    func lines() {
        var watch = BlacklistWatch()
        #expect(watch.look(at: counters(bytes: 740)) == nil)
        #expect(watch.look(at: counters(bytes: 760))?.description.contains("three quarters") == true)
        #expect(watch.look(at: counters(bytes: 800)) == nil)
        #expect(watch.look(at: counters(bytes: 880, refused: 3))?.description.contains("503") == true)
        #expect(watch.look(at: counters(bytes: 880, refused: 3)) == nil)
        #expect(watch.look(at: counters(bytes: 880, refused: 4))?.description.contains("503") == true)
        #expect(watch.look(at: counters(bytes: 700, refused: 4)) == nil)
        #expect(watch.look(at: counters(bytes: 760, refused: 4)) == nil)
        #expect(watch.look(at: counters(bytes: 500, refused: 4)) == nil)
        #expect(watch.look(at: counters(bytes: 760, refused: 4)) != nil)
    }

    @Test("A blacklist without any room refuses, counts it, and is told of")
    func real() {
        let blacklist = Blacklist(memoryLimitBytes: 0)
        #expect(!blacklist.hasRoom && blacklist.refused() == .full(limitBytes: 0))
        let named = NamedBlacklist(name: "families", blacklist: blacklist)
        var watch = BlacklistWatch()
        #expect(watch.look(at: named.counters) != nil && named.metadata["refused"] == "1")
    }
}
