import JOSE
import StrictJSON
import TestSupport
import Testing
import TokenContract
import TokenOperations

@Suite("Refresh: redeemed once, the same answer for a lost reply, death to a stolen one")
struct RefreshTests {
    let keys: KeySet

    init() throws {
        keys = try KeySet.generate([.edDSA, .hs256])
    }

    @Test("A refresh gives a new pair of the same user and family, and the chain goes on")
    func rotates() throws {
        let replica = try Replica(keys: keys, sharing: .init())
        var pair = try replica.generate("42")
        var seen: Set<[UInt8]> = [pair.access, pair.refresh]
        for _ in 0..<20 {
            replica.now.milliseconds += 60_000
            pair = try replica.refresh(pair.refresh)
            #expect(seen.insert(pair.access).inserted)
            #expect(seen.insert(pair.refresh).inserted)
            #expect(replica.verify(pair.access).contains(#""id":"42""#))
        }
    }

    @Test("Within the grace period the same token gets the same pair byte for byte, from any replica")
    func graceRepeats() throws {
        let shared = Replica.Shared()
        let first = try Replica(keys: keys, seed: 1, sharing: shared)
        let second = try Replica(keys: keys, seed: 99, sharing: shared)
        let old = try first.generate("42")
        first.now.milliseconds += 5_000
        let successor = try first.refresh(old.refresh)
        second.now = UnixTime(milliseconds: first.now.milliseconds + 10_000)
        #expect(try second.refresh(old.refresh) == successor)
        #expect(try first.refresh(old.refresh) == successor)
        // The successor is untouched by the repetitions.
        _ = try second.refresh(successor.refresh)
    }

    @Test("After the grace period it is reuse: refused, and the whole family dies with it")
    func reuseRevokes() throws {
        let replica = try Replica(keys: keys, sharing: .init())
        let old = try replica.generate("42")
        let successor = try replica.refresh(old.refresh)
        replica.now.milliseconds += 10_001
        let error = #expect(throws: ServiceError.self) { try replica.refresh(old.refresh) }
        #expect(error?.code == .unauthorized)
        #expect(error?.text.contains("redeemed before") == true)
        #expect(replica.reason(old.access) == .revoked)
        #expect(replica.reason(successor.access) == .revoked)
        let dead = #expect(throws: ServiceError.self) { try replica.refresh(successor.refresh) }
        #expect(dead?.text.contains("revoked") == true)
    }

    @Test("A token from before the ledger lost records is refused, and its family lives; one from after is taken")
    func lostRedemptions() throws {
        let shared = Replica.Shared()
        let replica = try Replica(keys: keys, sharing: shared)
        let old = try replica.generate("42")
        replica.now.milliseconds += 1
        shared.ledger.freshness.loseRedemptions(before: replica.now)
        // An earlier time takes nothing back.
        shared.ledger.freshness.loseRedemptions(before: Replica.start)
        let error = #expect(throws: ServiceError.self) { try replica.refresh(old.refresh) }
        #expect(error?.code == .unauthorized)
        #expect(error?.text.contains("log in again") == true)
        #expect(replica.reason(old.access) == nil)
        _ = try replica.refresh(try replica.generate("42").refresh)
    }

    @Test("A token two generations old is reuse, however young it is")
    func graceIsOneGenerationDeep() throws {
        let replica = try Replica(keys: keys, sharing: .init())
        let grandparent = try replica.generate("42")
        let parent = try replica.refresh(grandparent.refresh)
        let child = try replica.refresh(parent.refresh)
        #expect(throws: ServiceError.self) { try replica.refresh(grandparent.refresh) }
        #expect(replica.reason(child.access) == .revoked)
    }

    @Test("Grace never answers from a revoked family")
    func graceRespectsRevocation() throws {
        let replica = try Replica(keys: keys, sharing: .init())
        let old = try replica.generate("42")
        let successor = try replica.refresh(old.refresh)
        #expect(replica.blacklist(successor) == nil)
        let error = #expect(throws: ServiceError.self) { try replica.refresh(old.refresh) }
        #expect(error?.code == .unauthorized)
    }

    @Test("A revocation that comes in while the ledger is asked still stops the answer")
    func revokedInFlight() throws {
        let replica = try Replica(keys: keys, sharing: .init())
        let pair = try replica.generate("42")
        let flight = try replica.refresh.begin(pair.refresh.rawSpan, at: replica.now)
        let outcome = replica.ledger.redeem(flight.redemption)
        #expect(outcome == .redeemed(revision: 1))
        #expect(replica.blacklist(pair) == nil)
        var reply: [UInt8] = []
        let error = #expect(throws: ServiceError.self) { try replica.refresh.redeemed(flight, outcome, into: &reply) }
        #expect(error?.code == .unauthorized)
        #expect(reply.isEmpty)
    }

    @Test("Redeemed at once by many, one lineage comes out")
    func concurrentRedeems() throws {
        let shared = Replica.Shared()
        var replicas: [RefreshInFlight] = []
        let replica = try Replica(keys: keys, sharing: shared)
        let pair = try replica.generate("42")
        for _ in 0..<64 { replicas.append(try replica.refresh.begin(pair.refresh.rawSpan, at: replica.now)) }
        var successors: Set<[UInt8]> = []
        for flight in replicas { successors.insert(try replica.finish(flight).refresh) }
        #expect(successors.count == 1)
    }

    @Test("No token expires after the end of its family, and after it nothing is refreshed")
    func familyEnds() throws {
        var policy = TokenPolicy()
        policy.familyLifetime = 10 * 86_400
        let replica = try Replica(keys: keys, policy: policy, sharing: .init())
        var pair = try replica.generate("42")
        replica.now.milliseconds += 6 * 86_400_000
        pair = try replica.refresh(pair.refresh)
        replica.now.milliseconds += 4 * 86_400_000 - 60_000
        pair = try replica.refresh(pair.refresh)
        #expect(replica.reason(pair.access) == nil)
        replica.now.milliseconds += 59_999
        _ = try replica.refresh.begin(pair.refresh.rawSpan, at: replica.now)
        replica.now.milliseconds += 1
        // At its end, and within the leeway after it: what could be issued would be dead at birth.
        #expect(throws: ServiceError.self) { try replica.refresh.begin(pair.refresh.rawSpan, at: replica.now) }
        replica.now.milliseconds += 5_000
        #expect(replica.reason(pair.access) == .expired)
        let error = #expect(throws: ServiceError.self) { try replica.refresh(pair.refresh) }
        #expect(error?.text.contains("expired") == true)
    }

    @Test("What is no refresh token of ours is refused with 401 and its reason")
    func refusals() throws {
        let replica = try Replica(keys: keys, sharing: .init())
        let pair = try replica.generate("42")
        let none = #expect(throws: ServiceError.self) { try replica.refresh.begin(nil, at: replica.now) }
        #expect(none?.code == .unauthorized)
        let foreign = try KeySet.generate([.edDSA, .hs256])
        let other = try Replica(keys: foreign, sharing: .init())
        let id = "0192e4a0-0000-7000-8000-000000000001"
        let base = #""sub":"42","iat":1800000000,"exp":1800000900,"jti":"\#(id)","sid":"\#(id)""#
        let refreshOnly = #""auth_time":1800000000,"gen":0,"rev":0"#
        let cases: [([UInt8], String)] = [
            (pair.access, "wrong_type"),
            (Array("no token".utf8), "malformed"),
            (Array(pair.refresh.dropLast(3)), "bad_signature"),
            (try other.generate("42").refresh, "unknown_key"),
            (try sign(#"{"iss":"elsewhere",\#(base),\#(refreshOnly)}"#, type: "rt+jwt", algorithm: .hs256, keys: keys), "wrong_issuer"),
            (try sign(#"{"iss":"token-service",\#(base)}"#, type: "rt+jwt", algorithm: .hs256, keys: keys), "malformed"),
            (try sign(#"{"iss":"token-service",\#(base),\#(refreshOnly)}"#, type: "rt+jwt", algorithm: .edDSA, keys: keys), "unsupported_algorithm"),
        ]
        for (token, reason) in cases {
            let error = #expect(throws: ServiceError.self) { try replica.refresh(token) }
            #expect(error?.code == .unauthorized)
            #expect(error?.text.contains(reason) == true, "\(error?.text ?? "") for \(reason)")
        }
    }

    @Test("A token that is ahead of the ledger, or unknown to it, is refused and forks nothing")
    func aheadOfLedger() throws {
        let before = try Replica(keys: keys, sharing: .init())
        let first = try before.generate("42")
        let second = try before.refresh(first.refresh)
        let third = try before.refresh(second.refresh)
        // Another ledger, as after a loss of the first one.
        let after = try Replica(keys: keys, sharing: .init())
        #expect(throws: ServiceError.self) { try after.refresh(third.refresh) }
        _ = try after.refresh(first.refresh)
        let error = #expect(throws: ServiceError.self) { try after.refresh(third.refresh) }
        #expect(error?.text.contains("newer than the ledger") == true)
    }

    @Test("When the ledger is out of reach the answer is 503, also for a reuse whose family cannot be revoked")
    func ledgerOutOfReach() throws {
        let replica = try Replica(keys: keys, sharing: .init { _, _ in UnreachableLedger() })
        let pair = try replica.generate("42")
        let error = #expect(throws: ServiceError.self) { try replica.refresh(pair.refresh) }
        #expect(error?.code == .unavailable)
        #expect(replica.refresh.revoked(.unavailable("no answer")).code == .unavailable)
        #expect(replica.blacklist(pair)?.code == .unavailable)
    }
}
