import JOSE
import StrictJSON
import Testing

@Suite("Signing: what is written, where, and by how many at once")
struct SignerTests {
    @Test(
        "deterministic algorithms give the same token twice, from one signer and from another",
        arguments: SignatureAlgorithm.allCases)
    func determinism(_ algorithm: SignatureAlgorithm) throws {
        let key = try TestKeys.key(algorithm)
        var signer = try Signer(key: key, type: "at+jwt")
        let payload = bytes(#"{"sub":"42"}"#)
        var first: [UInt8] = []
        try signer.sign(payload: payload.rawSpan, into: &first)
        var second: [UInt8] = []
        try signer.sign(payload: payload.rawSpan, into: &second)
        let third = try sign(#"{"sub":"42"}"#, with: key)
        #expect((first == second) == algorithm.isDeterministic)
        #expect((first == third) == algorithm.isDeterministic)
    }

    @Test(
        "the token is appended, is as long as was said, and names algorithm, key and type",
        arguments: SignatureAlgorithm.allCases)
    func shape(_ algorithm: SignatureAlgorithm) throws {
        let key = try TestKeys.key(algorithm)
        var signer = try Signer(key: key, type: "at+jwt")
        for length in 0...40 {
            let payload = [UInt8](repeating: 7, count: length)
            var output = bytes("before")
            try signer.sign(payload: payload.rawSpan, into: &output)
            #expect(text(output).hasPrefix("before"))
            #expect(output.count == 6 + signer.encodedLength(payloadBytes: length))
            let parts = text(Array(output[6...])).split(separator: ".", omittingEmptySubsequences: false).map(
                String.init)
            #expect(
                try text(decoded(parts[0])) == #"{"alg":"\#(algorithm.rawValue)","kid":"\#(key.kid)","typ":"at+jwt"}"#)
            #expect(try decoded(parts[1]) == payload)
        }
    }

    @Test("a key without its private part signs nothing")
    func publicKeys() throws {
        for key in try keySet(text(TestKeys.all().publicJWKSet())).keys {
            #expect(throws: JOSEError.self) { _ = try sign("{}", with: key) }
        }
    }

    @Test("one key set serves many threads at once, each with its own signers and verifiers")
    func threads() async throws {
        let keys = try TestKeys.all()
        let rejected = try await withThrowingTaskGroup(of: Int.self) { group in
            for worker in 0..<8 {
                group.addTask {
                    var rejected = 0
                    var verifier = try Verifier(keys: keys, type: "at+jwt")
                    for round in 0..<25 {
                        for key in keys.keys {
                            let payload = #"{"n":\#(worker * 1000 + round)}"#
                            let verdict = verifier.verdict(try sign(payload, with: key))
                            if verdict != .accepted(payload: payload, kid: key.kid) { rejected += 1 }
                        }
                    }
                    return rejected
                }
            }
            return try await group.reduce(0, +)
        }
        #expect(rejected == 0)
    }

    @Test("random bytes fill all that was asked for, and differ")
    func randomness() throws {
        #expect(try SecureRandom.bytes(0).isEmpty)
        var seen = Set<UInt64>()
        // Two pages of two supplies, and no word twice, nor a zero where a word was not written.
        for _ in 0..<2 {
            let generator = SecureRandomNumberGenerator()
            for _ in 0..<1024 { seen.insert(generator.next()) }
        }
        #expect(seen.count == 2048)
        #expect(!seen.contains(0))
        // A byte that is never written would stay zero in all of 64 fillings (chance of a false alarm: 2^-500).
        var combined = [UInt8](repeating: 0, count: 100)
        for _ in 0..<64 {
            var bytes = [UInt8](repeating: 0, count: 100)
            try SecureRandom.fill(&bytes)
            for index in bytes.indices { combined[index] |= bytes[index] }
        }
        #expect(combined.allSatisfy { $0 != 0 })
    }
}
