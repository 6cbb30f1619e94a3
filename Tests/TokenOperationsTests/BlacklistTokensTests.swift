import JOSE
import StrictJSON
import TestSupport
import Testing
import TokenContract
import TokenOperations

@Suite("Blacklist: each token on its own, the family with the refresh token")
struct BlacklistTokensTests {
    let keys: KeySet

    init() throws {
        keys = try KeySet.generate([.edDSA, .hs256])
    }

    @Test("Both die, and with the refresh token every access token of its family; again is a success")
    func revokesFamily() throws {
        let replica = try Replica(keys: keys, sharing: .init())
        let first = try replica.generate("42")
        replica.now.milliseconds += 1_000
        let second = try replica.refresh(first.refresh)
        #expect(replica.blacklist(first) == nil)
        #expect(replica.reason(first.access) == .revoked)
        #expect(replica.reason(second.access) == .revoked)
        #expect(throws: ServiceError.self) { try replica.refresh(second.refresh) }
        #expect(replica.blacklist(first) == nil)
    }

    @Test("What is good is revoked even when the other is not, and the refusal names the bad one")
    func halves() throws {
        let replica = try Replica(keys: keys, sharing: .init())
        let one = try replica.generate("1")
        let other = try replica.generate("2")
        let badAccess = replica.blacklist(.init(access: Array("x".utf8), refresh: one.refresh))
        #expect(badAccess?.code == .unauthorized)
        #expect(badAccess?.text == "access_token is refused: malformed")
        #expect(replica.reason(one.access) == .revoked)
        let badRefresh = replica.blacklist(.init(access: other.access, refresh: other.access))
        #expect(badRefresh?.text == "refresh_token is refused: wrong_type")
        #expect(replica.reason(other.access) == .revoked)
        // Only the access token died: its family lives on.
        let next = try replica.refresh(other.refresh)
        #expect(replica.reason(next.access) == nil)
        let both = replica.blacklist(.init(access: [], refresh: []))
        #expect(both?.text == "refresh_token is refused: malformed; access_token is refused: malformed")
    }

    @Test("Tokens of two families: the refresh token's family and the one access token")
    func mixedFamilies() throws {
        let replica = try Replica(keys: keys, sharing: .init())
        let one = try replica.generate("1")
        let two = try replica.generate("2")
        #expect(replica.blacklist(.init(access: two.access, refresh: one.refresh)) == nil)
        #expect(replica.reason(one.access) == .revoked)
        #expect(replica.reason(two.access) == .revoked)
        #expect(replica.reason(try replica.refresh(two.refresh).access) == nil)
    }

    @Test("An expired access token is fine and needs no record; an expired refresh token still ends a family that lives")
    func expired() throws {
        let replica = try Replica(keys: keys, sharing: .init())
        let pair = try replica.generate("42")
        replica.now.milliseconds += 6 * 86_400_000
        let later = try replica.refresh(pair.refresh)
        replica.now.milliseconds += 86_400_000 + 10_000
        let flight = replica.blacklist.begin(
            refreshToken: pair.refresh.rawSpan, accessToken: pair.access.rawSpan, at: replica.now)
        #expect(flight.refusal == nil)
        #expect(flight.revocations.map(\.kind) == [.family])
        #expect(replica.blacklist(pair) == nil)
        #expect(throws: ServiceError.self) { try replica.refresh(later.refresh) }
        replica.now.milliseconds += 40 * 86_400_000
        let over = replica.blacklist.begin(
            refreshToken: pair.refresh.rawSpan, accessToken: pair.access.rawSpan, at: replica.now)
        #expect(over.refusal == nil)
        #expect(over.revocations.isEmpty)
    }

    @Test("Another issuer's tokens are refused, signed with our keys or not")
    func otherIssuer() throws {
        var policy = TokenPolicy()
        policy.issuer = "elsewhere"
        let elsewhere = try Replica(keys: keys, policy: policy, sharing: .init())
        let replica = try Replica(keys: keys, sharing: .init())
        let error = replica.blacklist(try elsewhere.generate("42"))
        #expect(error?.text == "refresh_token is refused: wrong_issuer; access_token is refused: wrong_issuer")
    }

    @Test("A lifetime lowered in the configuration does not let a reused family's tokens outlive its revocation")
    func loweredLifetime() throws {
        let shared = Replica.Shared()
        let before = try Replica(keys: keys, sharing: shared)
        let old = try before.generate("42")
        _ = try before.refresh(old.refresh)
        var policy = TokenPolicy()
        policy.accessLifetime = 60
        policy.refreshIdleLifetime = 120
        policy.familyLifetime = 180
        let after = try Replica(keys: keys, policy: policy, sharing: shared)
        after.now.milliseconds += 60_000
        let flight = try after.refresh.begin(old.refresh.rawSpan, at: after.now)
        var reply: [UInt8] = []
        guard case .revoke(let revocation) = try after.refresh.redeemed(
            flight, after.ledger.redeem(flight.redemption), into: &reply)
        else {
            Issue.record("the reuse was not noticed")
            return
        }
        // Longer than the access token that was issued under the old policy lives.
        #expect(revocation.expiresAt.seconds > Replica.start.seconds + before.policy.accessLifetime + policy.leeway)
    }

    @Test("A revocation outlives the last moment at which a token of the family could be accepted, were the leeway raised meanwhile")
    func recordsLiveLongEnough() throws {
        let replica = try Replica(keys: keys, sharing: .init())
        let pair = try replica.generate("42")
        let flight = replica.blacklist.begin(
            refreshToken: pair.refresh.rawSpan, accessToken: pair.access.rawSpan, at: replica.now)
        let margin = TokenPolicy.longestLeeway + replica.policy.leeway
        let expiry = flight.revocations.map(\.expiresAt.seconds)
        let start = Replica.start.seconds
        #expect(expiry == [start + replica.policy.familyLifetime + margin, start + replica.policy.accessLifetime + margin])
    }
}
