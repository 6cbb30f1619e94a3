import JOSE
import StrictJSON
import Testing

@Suite("A key file with anything wrong in it is refused whole, and the text says what to do")
struct KeySetReadingTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let json: String
        let expected: KeySetError
        var testDescription: String { name }

        /// A set whose first key is good and whose second is not.
        init(_ name: String, _ jwk: String, _ problem: KeyProblem) {
            self.name = name
            json = #"{"keys":[\#(RFC8037.ed25519.jwk),\#(jwk)]}"#
            expected = KeySetError(problem, index: 1)
        }

        init(_ name: String, set: String, _ problem: KeyProblem) {
            self.name = name
            json = set
            expected = KeySetError(problem)
        }
    }

    // Good keys with one thing changed.
    static let ed = RFC8037.ed25519.jwk
    static let ec = RFC7515.a3.jwk
    static let rsa = RFC7515.a2.jwk
    static let secret = RFC7520.hs256.jwk
    static let thirtyTwo = encoded([UInt8](repeating: 7, count: 32))

    static func replacing(_ member: String, with value: String?, in jwk: String) -> String {
        let members = jwk.dropFirst().dropLast().split(separator: ",\n").filter { !$0.hasPrefix("\"\(member)\":") }
        return "{" + (members + (value.map { ["\"\(member)\":\"\($0)\""] } ?? [])).joined(separator: ",\n") + "}"
    }

    static func adding(_ member: String, to jwk: String) -> String { jwk.dropLast() + "," + member + "}" }

    static let sets: [Case] = [
        Case("nothing", set: "", .notJSON(JSONError(.unexpectedEnd, at: 0))),
        Case("cut", set: #"{"keys":["#, .notJSON(JSONError(.unexpectedEnd, at: 9))),
        Case("trailing bytes", set: #"{"keys":[]}x"#, .notJSON(JSONError(.trailingBytes, at: 11))),
        Case("keys twice", set: #"{"keys":[],"keys":[]}"#, .notJSON(JSONError(.duplicateKey, at: 11))),
        Case("a key that is no object", set: #"{"keys":["a"]}"#, .notJSON(JSONError(.unexpectedKind, at: 9))),
        Case("a PEM file", set: "-----BEGIN PRIVATE KEY-----", .notJSON(JSONError(.invalidNumber, at: 0))),
        Case("an array", set: "[]", .noKeysMember),
        Case("a key instead of a set", set: ed, .noKeysMember),
        Case("keys that are an object", set: #"{"keys":{}}"#, .noKeysMember),
        Case("no key", set: #"{"keys":[]}"#, .empty),
        Case(
            "too many", set: #"{"keys":[\#(Array(repeating: "{}", count: 65).joined(separator: ","))]}"#,
            .tooManyKeys(limit: 64)),
    ]

    static let common: [Case] = [
        Case("no kty", "{}", .missing("kty")),
        Case("kty is a number", #"{"kty":1}"#, .notAString("kty")),
        Case("kty is unknown", #"{"kty":"AKP"}"#, .unsupportedKeyType),
        Case("kty in another case", #"{"kty":"rsa"}"#, .unsupportedKeyType),
        Case("alg of another type", adding(#""alg":"HS256""#, to: ec), .wrongAlgorithm(expected: .es256)),
        Case("alg PS256", adding(#""alg":"PS256""#, to: rsa), .wrongAlgorithm(expected: .rs256)),
        Case("an encryption key", adding(#""use":"enc""#, to: ec), .wrongUse),
        Case("key_ops of encryption", adding(#""key_ops":["sign","verify","encrypt"]"#, to: ec), .wrongOperations),
        Case("key_ops without sign", adding(#""key_ops":["verify"]"#, to: ec), .wrongOperations),
        Case("key_ops of numbers", adding(#""key_ops":[1]"#, to: ec), .wrongOperations),
        Case("key_ops is a string", adding(#""key_ops":"sign""#, to: ec), .wrongOperations),
        Case(
            "a kid of one's own", adding(#""kid":"2011-04-29""#, to: ec),
            .wrongThumbprint(expected: "oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U")),
    ]

    static let ed25519: [Case] = [
        Case("Ed448", replacing("crv", with: "Ed448", in: ed), .unsupportedCurve("Ed25519")),
        Case("X25519", replacing("crv", with: "X25519", in: ed), .unsupportedCurve("Ed25519")),
        Case("no crv", replacing("crv", with: nil, in: ed), .unsupportedCurve("Ed25519")),
        Case("no x", replacing("x", with: nil, in: ed), .missing("x")),
        Case("a short x", replacing("x", with: "AAAA", in: ed), .wrongLength("x", bytes: 3, expected: 32)),
        Case("a padded x", replacing("x", with: thirtyTwo + "=", in: ed), .notBase64URL("x")),
        Case("a d with a line end", replacing("d", with: thirtyTwo + #"\n"#, in: ed), .notBase64URL("d")),
        Case(
            "a d of 33 bytes", replacing("d", with: encoded([UInt8](repeating: 1, count: 33)), in: ed),
            .wrongLength("d", bytes: 33, expected: 32)),
        Case("a d that belongs to another x", replacing("d", with: thirtyTwo, in: ed), .notAPair),
    ]

    static let p256: [Case] = [
        Case("P-521", RFC7520.es512.jwk, .unsupportedCurve("P-256")),
        Case("no y", replacing("y", with: nil, in: ec), .missing("y")),
        Case("a point beside the curve", replacing("y", with: thirtyTwo, in: ec), .notSound),
        Case(
            "the origin",
            replacing(
                "x", with: encoded([UInt8](repeating: 0, count: 32)),
                in: replacing("y", with: encoded([UInt8](repeating: 0, count: 32)), in: ec)), .notSound),
        Case("a short d", replacing("d", with: "AAAA", in: ec), .wrongLength("d", bytes: 3, expected: 32)),
        Case("a d that belongs to another point", replacing("d", with: thirtyTwo, in: ec), .notAPair),
        Case("d is zero", replacing("d", with: encoded([UInt8](repeating: 0, count: 32)), in: ec), .notAPair),
        Case(
            "d is beyond the order", replacing("d", with: encoded([UInt8](repeating: 255, count: 32)), in: ec),
            .notAPair),
    ]

    static let rsaKeys: [Case] =
        [
            Case(
                "1024 bits", replacing("n", with: encoded([UInt8](repeating: 0x81, count: 128)), in: rsa),
                .modulusSize(bits: 1024, limits: 2048...8192)),
            Case(
                "2047 bits", replacing("n", with: encoded([0x7F] + [UInt8](repeating: 0x81, count: 255)), in: rsa),
                .modulusSize(bits: 2047, limits: 2048...8192)),
            Case(
                "16384 bits", replacing("n", with: encoded([UInt8](repeating: 0x81, count: 2048)), in: rsa),
                .modulusSize(bits: 16384, limits: 2048...8192)),
            Case("an even n", replacing("n", with: encoded([UInt8](repeating: 0x82, count: 256)), in: rsa), .notSound),
            Case(
                "leading zeros in n",
                replacing("n", with: encoded([0] + [UInt8](repeating: 0x81, count: 256)), in: rsa), .notMinimal("n")),
            Case("an empty e", replacing("e", with: "", in: rsa), .notMinimal("e")),
            Case("e = 3", replacing("e", with: "Aw", in: rsa), .exponent),
            Case("an even e", replacing("e", with: encoded([1, 0, 2]), in: rsa), .exponent),
            Case("an e of nine bytes", replacing("e", with: encoded([1, 0, 0, 0, 0, 0, 0, 0, 1]), in: rsa), .exponent),
            Case("another e", replacing("e", with: encoded([1, 0, 3]), in: rsa), .notAPair),
            Case("three primes", adding(#""oth":[]"#, to: rsa), .multiPrime),
            Case("no d", replacing("d", with: nil, in: rsa), .missing("d")),
            Case("no p", replacing("p", with: nil, in: rsa), .missing("p")),
            Case("no qi", replacing("qi", with: nil, in: rsa), .missing("qi")),
        ]
        + ["d", "p", "q", "dp", "dq", "qi"].map { member in
            Case(
                "a wrong \(member)", replacing(member, with: encoded([UInt8](repeating: 0x83, count: 128)), in: rsa),
                .notAPair)
        }

    static let secrets: [Case] = [
        Case("no k", replacing("k", with: nil, in: secret), .missing("k")),
        Case("an empty k", replacing("k", with: "", in: secret), .secretLength(bytes: 0, limits: 32...512)),
        Case(
            "31 bytes", replacing("k", with: encoded([UInt8](repeating: 1, count: 31)), in: secret),
            .secretLength(bytes: 31, limits: 32...512)),
        Case(
            "513 bytes", replacing("k", with: encoded([UInt8](repeating: 1, count: 513)), in: secret),
            .secretLength(bytes: 513, limits: 32...512)),
        Case(
            "a passphrase", replacing("k", with: "correct horse battery staple, and then some", in: secret),
            .notBase64URL("k")),
    ]

    @Test("each refusal by its name", arguments: sets + common + ed25519 + p256 + rsaKeys + secrets)
    func refusals(_ example: Case) throws {
        let error = try #require(throws: KeySetError.self) { try keySet(example.json) }
        #expect(error == example.expected)
        // Nothing of the file gets into the message, not even eight characters in a row.
        let message = Array(error.description)
        for start in 0...message.count - 8 {
            #expect(!example.json.contains(String(message[start..<start + 8])), "\(error)")
        }
    }

    @Test("a key that is there twice, once with and once without its private part")
    func duplicates() throws {
        let json = #"{"keys":[\#(RFC8037.ed25519.jwk),\#(RFC8037.publicJWK)]}"#
        #expect(throws: KeySetError(.duplicateKey, index: 1, kid: RFC8037.thumbprint)) { try keySet(json) }
    }

    @Test("what may be left out or added: alg, use, key_ops, kid, and members of others")
    func optionalMembers() throws {
        for jwk in [
            Self.ed, Self.adding(#""alg":"EdDSA","use":"sig","kid":"\#(RFC8037.thumbprint)""#, to: Self.ed),
            Self.adding(#""key_ops":["verify","sign"]"#, to: Self.ed),
            Self.adding(#""x5t":"abc","iat":1,"ext":{"d":1}"#, to: Self.ed),
        ] {
            let keys = try keySet(#"{"comment":"mine","keys":[\#(jwk)]}"#)
            #expect(keys.keys.map(\.kid) == [RFC8037.thumbprint])
        }
    }
}
