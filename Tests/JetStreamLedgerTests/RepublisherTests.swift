import Blacklist
import TestSupport
import Testing
import TokenOperations

@testable import JetStreamLedger

@Suite("What the stream has lost is published again, wholly")
struct RepublisherTests {
    private let families = Blacklist()
    private let time = UnixTime(seconds: 1_700_000_000)

    private func writer(_ count: Int) throws -> (RevocationWriter, Set<UUIDv7>) {
        let writer = RevocationWriter(families: families, accessTokens: Blacklist())
        var random = SeededGenerator(seed: 1)
        var ids: Set<UUIDv7> = []
        for _ in 0..<count {
            let id = UUIDv7(unixMilliseconds: time.milliseconds, using: &random)
            ids.insert(id)
            try writer.insert(
                Revocation(kind: .family, id: id, expiresAt: UnixTime(seconds: time.seconds + 100), reason: .blacklisted))
        }
        return (writer, ids)
    }

    /// What comes out until it is done, every batch stored but the ones that `fails` says.
    private func run(_ republisher: inout Republisher, _ writer: RevocationWriter, now: inout Int64, fails: Set<Int> = []) -> [UUIDv7] {
        var published: [UUIDv7] = []
        var batches = 0
        while republisher.isAtWork {
            now = max(now, republisher.nextDeadline ?? now)
            guard let batch = republisher.next(of: writer, unexpiredAt: time, now: now) else { continue }
            batches += 1
            let outcome = fails.contains(batches) ? RevokeOutcome.unavailable("x") : .revoked
            if outcome == .revoked { published += batch.revocations.map(\.id) }
            republisher.finished(run: batch.run, outcome, now: now)
        }
        return published
    }

    @Test("Everything once, in bounded batches, and a batch that was not stored again, after a pause")
    func everything() throws {
        let (writer, ids) = try writer(5_000)
        var republisher = Republisher()
        var now: Int64 = 0
        republisher.start(now: now)
        let published = run(&republisher, writer, now: &now, fails: [2, 3])
        let ended = republisher.takeEnded()
        #expect(published.count == ids.count && Set(published) == ids)
        #expect(now == 2 * Republisher.pauseMilliseconds && ended == ids.count)
    }

    @Test("A loss in the middle of a run begins it anew, and what the run before had sent counts no more")
    func inTheMiddle() throws {
        let (writer, ids) = try writer(3_000)
        var republisher = Republisher()
        var now: Int64 = 0
        republisher.start(now: now)
        let next = republisher.next(of: writer, unexpiredAt: time, now: now)
        let first = try #require(next)
        republisher.start(now: now)
        republisher.finished(run: first.run, .revoked, now: now)
        #expect(Set(run(&republisher, writer, now: &now)) == ids)
        let ended = republisher.takeEnded()
        #expect(ended == ids.count)
    }
}
