import Blacklist
import TestSupport
import Testing
import TokenOperations

@testable import JetStreamLedger

@Suite("Followed revocations go into the blacklists together")
struct RevocationWriterTests {
    private let time = UnixTime(seconds: 1_700_000_000)

    private func revocations(_ count: Int) -> [Revocation] {
        var random = SeededGenerator(seed: 1)
        return (0..<count).map { index in
            Revocation(
                kind: index % 3 == 0 ? .accessToken : .family,
                id: UUIDv7(unixMilliseconds: time.milliseconds, using: &random),
                expiresAt: UnixTime(seconds: time.seconds + 100), reason: .blacklisted)
        }
    }

    private func held(_ revocations: [Revocation], _ families: Blacklist, _ accessTokens: Blacklist) -> [Bool] {
        var family = Blacklist.Reader(families)
        var accessToken = Blacklist.Reader(accessTokens)
        return revocations.map { $0.kind == .family ? family.contains($0.id) : accessToken.contains($0.id) }
    }

    @Test("After each turn all of it is held, however many came", arguments: [1, 7, 8, 9, 1_000])
    func turns(count: Int) throws {
        let (families, accessTokens) = (Blacklist(), Blacklist())
        let writer = RevocationWriter(families: families, accessTokens: accessTokens)
        let all = revocations(count * 3)
        for turn in 0..<3 {
            for revocation in all[turn * count..<(turn + 1) * count] { try writer.insertSoon(revocation) }
            try writer.insertAwaited()
            #expect(held(Array(all[..<((turn + 1) * count)]), families, accessTokens).allSatisfy { $0 })
        }
        #expect(writer.count == all.count)
    }

    @Test("One that finds no room is told, and keeps none of the others out")
    func full() throws {
        let limit = 512 << 10
        let (families, accessTokens) = (Blacklist(memoryLimitBytes: limit), Blacklist())
        let writer = RevocationWriter(families: families, accessTokens: accessTokens)
        let all = revocations(60_000)
        var refusals = 0
        func attempt(_ insert: () throws(BlacklistError) -> Void) {
            do throws(BlacklistError) {
                try insert()
            } catch {
                #expect(error == .full(limitBytes: limit))
                refusals += 1
            }
        }
        for revocation in all { attempt { () throws(BlacklistError) in try writer.insertSoon(revocation) } }
        attempt { () throws(BlacklistError) in try writer.insertAwaited() }
        #expect(refusals > 100)
        let held = held(all, families, accessTokens)
        #expect(zip(all, held).allSatisfy { $0.kind == .family || $1 })
        #expect(held.count { $0 } == writer.count)
        // A list that has no room for one is full for nearly all that follow, and still takes some.
        let heldFamilies = zip(all, held).filter { $0.0.kind == .family }.map(\.1)
        #expect(heldFamilies.count { $0 } > 10_000 && heldFamilies.count { !$0 } > 100)
    }
}
