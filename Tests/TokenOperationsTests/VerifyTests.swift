import JOSE
import StrictJSON
import TestSupport
import Testing
import TokenContract
import TokenOperations

@Suite("Verify: every reason, the first time and from the cache")
struct VerifyTests {
    let keys: KeySet

    init() throws {
        keys = try KeySet.generate([.edDSA, .hs256])
    }

    static let id = "0192e4a0-0000-7000-8000-000000000001"

    func claims(
        iss: String? = "token-service", sub: String? = #""42""#, iat: String? = "1800000000", exp: String? = "1800000900",
        jti: String? = "\"\(id)\"", sid: String? = "\"\(id)\"", more: String = ""
    ) -> String {
        var members: [String] = []
        if let iss { members.append(#""iss":"\#(iss)""#) }
        if let sub { members.append(#""sub":\#(sub)"#) }
        if let iat { members.append(#""iat":\#(iat)"#) }
        if let exp { members.append(#""exp":\#(exp)"#) }
        if let jti { members.append(#""jti":\#(jti)"#) }
        if let sid { members.append(#""sid":\#(sid)"#) }
        return "{" + members.joined(separator: ",") + more + "}"
    }

    @Test("A fresh token is valid, and the payload says whose it is; the second answer is the first one's bytes")
    func valid() throws {
        let replica = try Replica(keys: keys, sharing: .init())
        let pair = try replica.generate("ü\"\u{1}42")
        let first = replica.verify(pair.access)
        #expect(first.hasPrefix(#"{"valid":true,"payload":{"id":"ü\"\u000142","#))
        for member in [#""jti":""#, #""sid":""#, #""iat":1800000000"#, #""exp":1800000900"#, #""iss":"token-service""#] {
            #expect(first.contains(member), "\(member) in \(first)")
        }
        #expect(replica.verify(pair.access) == first)
    }

    @Test("Claims that are missing, of another type, or out of time have their reason")
    func claimsTable() throws {
        let replica = try Replica(keys: keys, sharing: .init())
        let cases: [(String, InvalidReason?)] = [
            (claims(), nil),
            (claims(more: #","scope":["a",{"b":null}]"#), nil),
            (claims(iss: nil), .wrongIssuer),
            (claims(iss: "token-servic"), .wrongIssuer),
            (claims(iss: "token\\u002dservice"), nil),
            (claims(sub: nil), .malformed),
            (claims(sub: "42"), .malformed),
            (claims(sub: "\"\""), .malformed),
            (claims(iat: nil), .malformed),
            (claims(iat: "\"1800000000\""), .malformed),
            (claims(iat: "1800000000.5"), .malformed),
            (claims(exp: nil), .malformed),
            (claims(exp: "99999999999999999999"), .malformed),
            (claims(jti: nil), .malformed),
            (claims(jti: "\"0192E4A0-0000-7000-8000-000000000001\""), .malformed),
            (claims(jti: "\"0192e4a0-0000-4000-8000-000000000001\""), .malformed),
            (claims(sid: "\"0192e4a0\""), .malformed),
            (claims(iat: "1800000006"), .notYetValid),
            (claims(iat: "1800000005"), nil),
            (claims(more: #","nbf":1800000006"#), .notYetValid),
            (claims(exp: "1799999995"), .expired),
            (claims(exp: "1799999996"), nil),
            (claims(exp: "9223372036854775807"), nil),
            (claims(exp: "-9223372036854775808"), .expired),
            (claims(iss: "elsewhere", exp: "1"), .wrongIssuer),
            (claims(more: #","sub":"43""#), .malformed),
            ("[]", .malformed),
            ("{}", .malformed),
            ("", .malformed),
            (claims() + " x", .malformed),
        ]
        for (text, reason) in cases {
            let token = try sign(text, type: "at+jwt", algorithm: .edDSA, keys: keys)
            #expect(replica.reason(token) == reason, "\(text)")
            #expect(replica.reason(token) == reason, "again: \(text)")
        }
    }

    @Test("A refresh token is no access token")
    func wrongType() throws {
        let replica = try Replica(keys: keys, sharing: .init())
        #expect(replica.reason(try replica.generate("42").refresh) == .wrongType)
    }

    @Test("A cached token expires, and dies by either blacklist, like a new one")
    func cachedTokensChange() throws {
        let replica = try Replica(keys: keys, sharing: .init())
        let old = try replica.generate("1")
        let listed = try replica.generate("2")
        #expect(replica.reason(old.access) == nil)
        #expect(replica.reason(listed.access) == nil)
        #expect(replica.blacklist(listed) == nil)
        #expect(replica.reason(listed.access) == .revoked)
        #expect(replica.verify(listed.access) == #"{"valid":false,"reason":"revoked"}"#)
        #expect(replica.reason(old.access) == nil)
        replica.now.milliseconds += 904_999
        #expect(replica.reason(old.access) == nil)
        replica.now.milliseconds += 1
        #expect(replica.reason(old.access) == .expired)
    }

    @Test("A token that differs from a cached one in a single bit is not taken for it")
    func cacheIsExact() throws {
        let replica = try Replica(keys: keys, sharing: .init())
        let token = try replica.generate("42").access
        #expect(replica.reason(token) == nil)
        for index in token.indices {
            var forged = token
            forged[index] ^= 1
            #expect(replica.reason(forged) != nil, "byte \(index)")
        }
        #expect(replica.reason(token) == nil)
    }

    @Test("More tokens than the cache holds are all answered right, in any order")
    func cacheOverflows() throws {
        let replica = try Replica(keys: keys, sharing: .init())
        var random = SeededGenerator(seed: 3)
        let pairs = try (0..<12_000).map { try replica.generate("user-\($0)") }
        for _ in 0..<30_000 {
            let index = Int(random.next() % UInt64(pairs.count))
            #expect(replica.verify(pairs[index].access).contains(#""id":"user-\#(index)""#))
        }
    }
}
