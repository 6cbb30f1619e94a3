import Blacklist
import Testing

@Suite("What is unlinked is freed when no reader can hold it, and not before")
struct ReclamationTests {
    private let blacklist = Blacklist(secret: fixedSecret)
    private let some = ids(40_000)

    @Test("A reader in its batch holds up what is unlinked in it, and only that")
    func pinned() throws {
        var writer = Blacklist.Writer(blacklist)
        var reader = Blacklist.Reader(blacklist)
        for id in some[..<20_000] { try writer.insert(id, expiresAt: 1) }
        #expect(blacklist.counters.retiredBytes == 0)
        #expect(reader.count(of: [some[0]]) == 1)
        for id in some[20_000...] { try writer.insert(id, expiresAt: 1) }
        let retired = blacklist.counters.retiredBytes
        #expect(retired > 500_000)
        writer.reclaim()
        #expect(blacklist.counters.retiredBytes == retired)
        reader.quiesce()
        writer.reclaim()
        #expect(blacklist.counters.retiredBytes == 0)
    }

    @Test("A batch that began after the unlinking holds up nothing")
    func pinnedLater() throws {
        var writer = Blacklist.Writer(blacklist)
        var first = Blacklist.Reader(blacklist)
        var second = Blacklist.Reader(blacklist)
        #expect(first.count(of: some) == 0)
        for id in some { try writer.insert(id, expiresAt: 1) }
        #expect(second.count(of: some) == some.count)
        #expect(blacklist.counters.retiredBytes > 0)
        first.quiesce()
        writer.reclaim()
        #expect(blacklist.counters.retiredBytes == 0)
    }

    @Test("A reader that sleeps between batches, or is gone in the middle of one, holds up nothing")
    func asleepOrGone() throws {
        var writer = Blacklist.Writer(blacklist)
        var sleeping = Blacklist.Reader(blacklist)
        #expect(sleeping.count(of: some) == 0)
        sleeping.quiesce()
        do {
            var leaving = Blacklist.Reader(blacklist)
            #expect(leaving.count(of: some) == 0)
        }
        for id in some { try writer.insert(id, expiresAt: 1) }
        #expect(blacklist.counters.retiredBytes == 0)
        writer.removeExpired(at: 1)
        #expect(blacklist.counters.retiredBytes == 0)
        #expect(sleeping.count(of: some) == 0)
    }

    @Test("A second writer beside the first traps; one after the other goes on where that one stopped")
    func oneWriter() async throws {
        await #expect(processExitsWith: .failure) {
            let blacklist = Blacklist()
            let first = Blacklist.Writer(blacklist)
            let second = Blacklist.Writer(blacklist)
            _ = consume first
            _ = consume second
        }
        do {
            var first = Blacklist.Writer(blacklist)
            try first.insert(some[0], expiresAt: 1)
        }
        var second = Blacklist.Writer(blacklist)
        try second.insert(some[1], expiresAt: 1)
        var reader = Blacklist.Reader(blacklist)
        #expect(reader.count(of: Array(some[..<3])) == 2)
    }
}
