import JOSE
import Testing

@Suite("What is signed is taken back, by the keys that may")
struct RoundTripTests {
    @Test("each algorithm: generate a set, write it, read it, sign, verify", arguments: SignatureAlgorithm.allCases)
    func roundTrip(_ algorithm: SignatureAlgorithm) throws {
        let made = try KeySet.generate([algorithm])
        let read = try keySet(text(made.privateJWKSet()))
        #expect(read.keys.map(\.kid) == made.keys.map(\.kid))
        let key = try #require(read.signingKey(algorithm))
        let token = try sign(#"{"sub":"42"}"#, with: key)

        // With the set that was made and with the one that was read back: the key survived the way through JSON.
        for keys in [made, read] {
            var verifier = try Verifier(keys: keys, type: "at+jwt")
            let verdict = verifier.verdict(token)
            #expect(verdict == .accepted(payload: #"{"sub":"42"}"#, kid: key.kid))
        }
    }
}
