import JOSE
import StrictJSON
import TestSupport
import Testing
import TokenContract
import TokenOperations

/// Claims in the layout that this service writes are read by a reader of their own.
@Suite("Claims as they are written here are read as the strict reader reads them")
struct ClaimsLayoutTests {
    private static let id = "0192e4a0-0000-7000-8000-00000000000a"

    private static func written(subject: String = "42") -> String {
        #"{"iss":"token-service","sub":"\#(subject)","iat":1800000000,"exp":1800000900,"jti":"\#(id)","sid":"\#(id)"}"#
    }

    /// One more space is the same to a reader of JSON, and another layout.
    private static func spaced(_ claims: [UInt8]) -> [UInt8] { [UInt8(ascii: " ")] + claims }

    @Test("Whatever byte is changed, both readers give the same verdict and the same reply")
    func changed() throws {
        let keys = try KeySet.generate([.hs256])
        let replica = try Replica(keys: keys, algorithm: .hs256, sharing: .init())
        let claims = Array(Self.written().utf8)
        var random = SeededGenerator(seed: 11)
        let others = Array("\"\\{}:, 0a9-f\u{1}\u{80}x".utf8)
        var verdicts: Set<String> = []
        for index in claims.indices {
            for _ in 0..<6 {
                var changed = claims
                switch Int.random(in: 0..<4, using: &random) {
                case 0: changed.remove(at: index)
                case 1: changed.insert(others.randomElement(using: &random) ?? 0, at: index)
                default: changed[index] = others.randomElement(using: &random) ?? 0
                }
                let reply = replica.verify(try signed(changed, keys))
                #expect(reply == replica.verify(try signed(Self.spaced(changed), keys)), "\(String(decoding: changed, as: UTF8.self))")
                verdicts.insert(String(reply.prefix(40)))
            }
        }
        // Otherwise nothing was tried.
        #expect(verdicts.count >= 4)
    }

    @Test("Subjects of every kind come back as they were", arguments: ["x", "ü", "a\\\"b", "\\u0001", "a}b{,", String(repeating: "s", count: 900)])
    func subjects(subject: String) throws {
        let keys = try KeySet.generate([.hs256])
        let replica = try Replica(keys: keys, algorithm: .hs256, sharing: .init())
        let claims = Array(Self.written(subject: subject).utf8)
        let reply = replica.verify(try signed(claims, keys))
        #expect(reply.hasPrefix(#"{"valid":true,"payload":{"id":""#))
        #expect(reply == replica.verify(try signed(Self.spaced(claims), keys)))
    }

    @Test("An issuer that has to be escaped is understood too")
    func issuer() throws {
        let keys = try KeySet.generate([.hs256])
        var policy = TokenPolicy()
        policy.issuer = #"a "quoted" \ issuer"#
        let replica = try Replica(keys: keys, policy: policy, algorithm: .hs256, sharing: .init())
        #expect(replica.reason(try replica.generate("42").access) == nil)
    }

    private func signed(_ claims: [UInt8], _ keys: KeySet) throws -> [UInt8] {
        let key = try #require(keys.signingKey(.hs256))
        var signer = try Signer(key: key, type: TokenIssuer.accessType)
        var token: [UInt8] = []
        try signer.sign(payload: claims.rawSpan, into: &token)
        return token
    }
}
