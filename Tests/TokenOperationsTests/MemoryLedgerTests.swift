import Blacklist
import Synchronization
import TestSupport
import Testing
import TokenOperations

@Suite("The memory ledger keeps the ledger's promises, but durability")
struct MemoryLedgerTests {
    let families = Blacklist()
    let accessTokens = Blacklist()

    private func redemption(_ family: UUIDv7, revision: UInt64, generation: Int64 = 0) -> Redemption {
        var random = SeededGenerator(seed: UInt64(generation) &+ 17)
        let id = UUIDv7(unixMilliseconds: 1, using: &random)
        return Redemption(
            family: family, expectedRevision: revision, generation: generation, tokenID: id,
            redeemedAt: UnixTime(seconds: 1_000),
            successor: Successor(accessID: id, refreshID: id, accessExpiresAt: 2_000, refreshExpiresAt: 3_000),
            expiresAt: UnixTime(seconds: 4_000))
    }

    @Test("Of many redeemers on many threads one wins, and the others are shown its record")
    func oneWinner() async {
        let ledger = MemoryLedger(revokedFamilies: families, revokedAccessTokens: accessTokens)
        var random = SeededGenerator(seed: 5)
        for _ in 0..<50 {
            let family = UUIDv7(unixMilliseconds: 1, using: &random)
            let outcomes = await withTaskGroup(of: RedeemOutcome.self) { group in
                for generation in Int64(0)..<16 {
                    group.addTask { ledger.redeem(redemption(family, revision: 0, generation: generation)) }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            let wins = outcomes.filter { if case .redeemed = $0 { true } else { false } }
            #expect(wins.count == 1)
            let conflicts = outcomes.filter { if case .conflict(.redeemed) = $0 { true } else { false } }
            #expect(conflicts.count == 15)
        }
    }

    @Test("A redemption loses to a revocation of the family, and a revocation is in the blacklist once it is answered")
    func revocationWins() {
        let ledger = MemoryLedger(revokedFamilies: families, revokedAccessTokens: accessTokens)
        var random = SeededGenerator(seed: 6)
        let family = UUIDv7(unixMilliseconds: 1, using: &random)
        let access = UUIDv7(unixMilliseconds: 1, using: &random)
        let expiry = UnixTime(seconds: 4_000)
        let outcome = ledger.revoke(
            [
                Revocation(kind: .family, id: family, expiresAt: expiry, reason: .blacklisted),
                Revocation(kind: .accessToken, id: access, expiresAt: expiry, reason: .blacklisted),
            ], at: UnixTime(seconds: 1_000))
        #expect(outcome == .revoked)
        var familyReader = Blacklist.Reader(families)
        var accessReader = Blacklist.Reader(accessTokens)
        let (hasFamily, hasAccess) = (familyReader.contains(family), accessReader.contains(access))
        let (crossed, crossedBack) = (familyReader.contains(access), accessReader.contains(family))
        #expect(hasFamily && hasAccess)
        #expect(!crossed && !crossedBack)
        #expect(ledger.redeem(redemption(family, revision: 0)) == .conflict(.revoked))
    }

    @Test("Nothing is refused for the sake of what has expired")
    func expiredMakesRoom() {
        let ledger = MemoryLedger(revokedFamilies: families, revokedAccessTokens: accessTokens, capacity: 1)
        var random = SeededGenerator(seed: 9)
        let ids = (0..<3).map { _ in UUIDv7(unixMilliseconds: 1, using: &random) }
        func revoke(_ id: UUIDv7, until expiry: Int64, at now: Int64) -> RevokeOutcome {
            let revocation = Revocation(
                kind: .family, id: id, expiresAt: UnixTime(seconds: expiry), reason: .blacklisted)
            return ledger.revoke([revocation], at: UnixTime(seconds: now))
        }
        #expect(revoke(ids[0], until: 10, at: 1) == .revoked)
        #expect(revoke(ids[1], until: 20, at: 9) != .revoked)
        #expect(revoke(ids[1], until: 20, at: 10) == .revoked)
        // A redemption in a full ledger is refused, and taken when the revocation has expired.
        var late = redemption(ids[2], revision: 0)
        late.redeemedAt = UnixTime(seconds: 19)
        guard case .unavailable = ledger.redeem(late) else {
            Issue.record("there was no room")
            return
        }
        late.redeemedAt = UnixTime(seconds: 21)
        guard case .redeemed = ledger.redeem(late) else {
            Issue.record("there was room")
            return
        }
    }

    @Test("A blacklist without room is swept before a revocation is refused")
    func expiredMakesRoomInTheBlacklist() {
        // For the first id's slice, not for another one.
        let small = Blacklist(memoryLimitBytes: accessTokens.counters.bytes + 1_024)
        let ledger = MemoryLedger(revokedFamilies: families, revokedAccessTokens: small)
        var random = SeededGenerator(seed: 10)
        func revoke(madeAt: Int64, until expiry: Int64, at now: Int64) -> RevokeOutcome {
            let id = UUIDv7(unixMilliseconds: madeAt * 1_000, using: &random)
            let revocation = Revocation(
                kind: .accessToken, id: id, expiresAt: UnixTime(seconds: expiry), reason: .blacklisted)
            return ledger.revoke([revocation], at: UnixTime(seconds: now))
        }
        #expect(revoke(madeAt: 0, until: 1_000, at: 1) == .revoked)
        #expect(revoke(madeAt: 500, until: 2_000, at: 999) != .revoked)
        #expect(revoke(madeAt: 500, until: 2_000, at: 1_000) == .revoked)
    }

    @Test("Full, it refuses instead of forgetting")
    func full() {
        let ledger = MemoryLedger(revokedFamilies: families, revokedAccessTokens: accessTokens, capacity: 2)
        var random = SeededGenerator(seed: 8)
        let ids = (0..<3).map { _ in UUIDv7(unixMilliseconds: 1, using: &random) }
        #expect(ledger.redeem(redemption(ids[0], revision: 0)) == .redeemed(revision: 1))
        #expect(ledger.redeem(redemption(ids[1], revision: 0)) == .redeemed(revision: 2))
        guard case .unavailable = ledger.redeem(redemption(ids[2], revision: 0)) else {
            Issue.record("a third family was taken")
            return
        }
        #expect(ledger.redeem(redemption(ids[0], revision: 1, generation: 1)) == .redeemed(revision: 3))
        let small = MemoryLedger(revokedFamilies: Blacklist(memoryLimitBytes: 0), revokedAccessTokens: Blacklist())
        let revocation = Revocation(kind: .family, id: ids[0], expiresAt: UnixTime(seconds: 4_000), reason: .blacklisted)
        guard case .unavailable = small.revoke([revocation], at: UnixTime(seconds: 1)) else {
            Issue.record("a revocation was acknowledged that is held nowhere")
            return
        }
    }
}
