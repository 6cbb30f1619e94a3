import JOSE
import StrictJSON
import Testing

@Suite("Key sets: order, generation, and what of them may be seen")
struct KeySetTests {
    @Test("the public set has the public members of the asymmetric keys and nothing else")
    func publicSet() throws {
        let keys = try TestKeys.all()
        let published = try text(keys.publicJWKSet())
        let read = try keySet(published)
        #expect(read.keys.map(\.kid) == keys.keys.filter { $0.algorithm != .hs256 }.map(\.kid))
        #expect(read.keys.allSatisfy { !$0.canSign })
        for member in ["d", "p", "q", "dp", "dq", "qi", "oth", "k"] { #expect(!published.contains("\"\(member)\"")) }
        #expect(!published.contains("oct"))
        for member in ["kid", "alg", "use", "kty"] {
            #expect(published.split(separator: "\n").filter { $0.contains("\"\(member)\":") }.count == read.keys.count)
        }
        // No value of a private member either, under whatever name.
        for vector in SignatureAlgorithm.allCases.map(TestKeys.vector) {
            for name in ["d", "p", "q", "dp", "dq", "qi", "k"] {
                if let value = vector.member(name) { #expect(!published.contains(value)) }
            }
        }
    }

    @Test("a set of secrets only has an empty public set")
    func noPublicKeys() throws {
        let keys = try KeySet.generate([.hs256])
        #expect(try text(keys.publicJWKSet()).filter { !$0.isWhitespace } == #"{"keys":[]}"#)
    }

    @Test("the private set, read and written again, is the same text")
    func privateSet() throws {
        let keys = try TestKeys.all()
        let written = try keys.privateJWKSet()
        let read = try keySet(text(written))
        #expect(read.keys.map(\.kid) == keys.keys.map(\.kid))
        #expect(read.keys.allSatisfy { $0.canSign })
        #expect(try read.privateJWKSet() == written)
    }

    @Test("the first key of an algorithm with its private part signs")
    func signingKey() throws {
        let made = try KeySet.generate([.edDSA, .hs256, .edDSA])
        let lines = try text(made.privateJWKSet()).split(separator: "\n").filter { $0.hasPrefix("{\"kid\"") }.map {
            $0.last == "," ? $0.dropLast() : $0
        }
        let publicFirst = try #require(
            text(made.publicJWKSet()).split(separator: "\n").first { $0.hasPrefix("{\"kid\"") })
        let mixed = try keySet(#"{"keys":[\#(publicFirst)\#(lines[1]),\#(lines[2])]}"#)
        #expect(made.signingKey(.edDSA)?.kid == made.keys[0].kid)
        #expect(mixed.keys.map(\.kid) == made.keys.map(\.kid))
        #expect(mixed.signingKey(.edDSA)?.kid == made.keys[2].kid)
        #expect(made.signingKey(.es256) == nil)
        #expect(made.key(kid: made.keys[1].kid)?.algorithm == .hs256)
        #expect(made.key(kid: "none") == nil)
    }

    @Test("new keys are new, and as strong as they are said to be")
    func generation() throws {
        let first = try KeySet.generate(SignatureAlgorithm.allCases)
        let second = try KeySet.generate(SignatureAlgorithm.allCases)
        #expect(first.keys.map(\.algorithm) == SignatureAlgorithm.allCases)
        #expect(Set(first.keys.map(\.kid)).isDisjoint(with: second.keys.map(\.kid)))
        #expect(try first.keys[2].signature(of: "input").count * 8 == 3072)
        #expect(first.keys.allSatisfy { $0.kid.utf8.count == 43 })
    }

    @Test("a set needs a key, no more than the limit, and none twice")
    func limits() throws {
        let key = try TestKeys.key(.edDSA)
        #expect(throws: KeySetError(.empty)) { try KeySet(keys: []) }
        #expect(throws: KeySetError(.duplicateKey, index: 1, kid: key.kid)) { try KeySet(keys: [key, key]) }
        let many = try (0..<65).map { _ in try Key.generate(.hs256) }
        #expect(throws: KeySetError(.tooManyKeys(limit: 64))) { try KeySet(keys: many) }
        #expect(try KeySet(keys: Array(many.dropLast())).keys.count == 64)
    }
}
