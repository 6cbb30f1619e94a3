import JOSE
import StrictJSON
import TestSupport
import Testing
import TokenContract
import TokenOperations

@Suite("Known tokens: what is remembered, and what makes it forgotten")
struct KnownTokenTests {
    /// So many sets of four hold them that no set comes near to being full.
    private static let few = 200

    @Test("Tokens of a retired key are forgotten and refused, those of the others stay known")
    func retired() throws {
        let (old, new) = (try KeySet.generate([.edDSA, .hs256]), try KeySet.generate([.edDSA, .hs256]))
        let both = try KeySet(keys: old.keys + new.keys)
        let replica = try Replica(keys: both, sharing: .init())
        let byOld = try (0..<Self.few).map { try token("old \($0)", old) }
        let byNew = try (0..<Self.few).map { try token("new \($0)", new) }
        for token in byOld + byNew {
            #expect(replica.reason(token) == nil)
            #expect(isKnown(token, to: replica))
        }

        try replica.verify.replaceKeys(new)
        for token in byOld {
            #expect(!isKnown(token, to: replica))
            #expect(replica.reason(token) == .unknownKey)
        }
        for token in byNew { #expect(isKnown(token, to: replica)) }

        // Back again: known to nobody, and good.
        try replica.verify.replaceKeys(both)
        for token in byOld {
            #expect(!isKnown(token, to: replica))
            #expect(replica.reason(token) == nil)
        }
        for token in byNew { #expect(isKnown(token, to: replica)) }
    }

    @Test("Garbage gets no place: what is known stays known under a flood of it")
    func flood() throws {
        let keys = try KeySet.generate([.hs256])
        let replica = try Replica(keys: keys, algorithm: .hs256, sharing: .init())
        let good = try (0..<Self.few).map { try token("\($0)", keys) }
        for token in good { #expect(replica.reason(token) == nil) }
        var random = SeededGenerator(seed: 3)
        // The header and claims of a good token under 50,000 other signatures: six times the places there are.
        for _ in 0..<50_000 {
            var garbage = good[0]
            for index in garbage.count - 40..<garbage.count - 1 {
                garbage[index] = UInt8(ascii: "A") + UInt8.random(in: 0..<26, using: &random)
            }
            guard replica.reason(garbage) == .badSignature, !isKnown(garbage, to: replica) else {
                Issue.record("taken: \(String(decoding: garbage, as: UTF8.self))")
                return
            }
        }
        for token in good { #expect(isKnown(token, to: replica)) }
    }

    @Test("A known token is asked for by all of its bytes: one other byte anywhere and it is another")
    func everyByte() throws {
        let keys = try KeySet.generate([.hs256])
        let replica = try Replica(keys: keys, algorithm: .hs256, sharing: .init())
        let good = try token("42", keys)
        #expect(replica.reason(good) == nil)
        for index in good.indices {
            var other = good
            other[index] ^= 1
            #expect(!isKnown(other, to: replica), "byte \(index)")
        }
        #expect(!isKnown(Array(good.dropLast()), to: replica))
        #expect(!isKnown(good + [UInt8(ascii: "A")], to: replica))
        #expect(!isKnown([], to: replica))
        #expect(isKnown(good, to: replica))
    }

    @Test("What has become of a known token is asked when it is answered, not when it is found, and costs no signature")
    func standing() throws {
        let replica = try Replica(keys: try KeySet.generate([.hs256]), algorithm: .hs256, sharing: .init())
        let (pair, other) = (try replica.generate("42"), try replica.generate("43"))
        for pair in [pair, other] { #expect(replica.reason(pair.access) == nil) }

        let found = try #require(known(pair.access, to: replica))
        #expect(replica.verify.standing(of: found, at: replica.now) == nil)
        #expect(replica.blacklist(pair) == nil)
        #expect(replica.verify.standing(of: found, at: replica.now) == .revoked)
        #expect(isKnown(pair.access, to: replica))
        #expect(replica.verify(pair.access) == #"{"valid":false,"reason":"revoked"}"#)
        #expect(replica.reason(other.access) == nil)

        let late = UnixTime(seconds: replica.now.seconds + replica.policy.accessLifetime + replica.policy.leeway)
        let good = try #require(known(other.access, to: replica))
        #expect(replica.verify.standing(of: good, at: late) == .expired)
        #expect(replica.verify.standing(of: good, at: replica.now) == nil)
        replica.now = late
        #expect(replica.verify(other.access) == #"{"valid":false,"reason":"expired"}"#)
        #expect(isKnown(other.access, to: replica))
    }

    @Test("A family's revocation between a known token's being found and its answer counts as the token's own does")
    func familyRevoked() throws {
        let replica = try Replica(keys: try KeySet.generate([.hs256]), algorithm: .hs256, sharing: .init())
        let (pair, other) = (try replica.generate("42"), try replica.generate("43"))
        #expect(replica.reason(pair.access) == nil)
        let found = try #require(known(pair.access, to: replica))
        // The refresh token revokes the family, the access token is somebody else's.
        #expect(replica.blacklist(.init(access: other.access, refresh: pair.refresh)) == nil)
        #expect(replica.verify.standing(of: found, at: replica.now) == .revoked)
    }

    private func token(_ subject: String, _ keys: KeySet) throws -> [UInt8] {
        let algorithm: SignatureAlgorithm = keys.signingKey(.edDSA) == nil ? .hs256 : .edDSA
        return Array(try Replica(keys: keys, algorithm: algorithm, sharing: .init()).generate(subject).access)
    }

    private func isKnown(_ token: [UInt8], to replica: Replica) -> Bool {
        known(token, to: replica) != nil
    }

    private func known(_ token: [UInt8], to replica: Replica) -> KnownToken? {
        replica.verify.find(token.rawSpan)
    }
}
