import JOSE
import Testing

@Suite("The header is read strictly, and what it must not say is refused")
struct HeaderTests {
    let key: Key
    let keys: KeySet

    init() throws {
        keys = try TestKeys.set(.edDSA)
        key = keys.keys[0]
    }

    func verdict(_ token: String) throws -> Verdict {
        var verifier = try Verifier(keys: keys, type: "at+jwt")
        return verifier.verdict(token)
    }

    func verdict(header: String) throws -> Verdict {
        try verdict(key.token(header: header))
    }

    var accepted: Verdict { .accepted(payload: "{}", kid: key.kid) }

    @Test("any order, white space, escapes and unknown members are fine: other libraries write them")
    func liberal() throws {
        let kid = key.kid
        for header in [
            #"{"typ":"at+jwt","kid":"\#(kid)","alg":"EdDSA"}"#,
            " {\r\n\t\"alg\" : \"EdDSA\" , \"kid\":\"\(kid)\",\"typ\":\"at+jwt\" }\n",
            #"{"alg":"\u0045dDSA","k\u0069d":"\#(kid)","typ":"at\u002bjwt"}"#,
            #"{"alg":"EdDSA","kid":"\#(kid)","typ":"at+jwt","cty":"x","x5t":"abc","n":{"crit":[1]}}"#,
            // RFC 7515 section 4.1.9.
            #"{"alg":"EdDSA","kid":"\#(kid)","typ":"application/at+jwt"}"#,
            #"{"alg":"EdDSA","kid":"\#(kid)","typ":"AT+JWT"}"#,
            #"{"alg":"EdDSA","kid":"\#(kid)","typ":"Application/At+Jwt"}"#,
        ] {
            #expect(try verdict(header: header) == accepted, "\(header)")
        }
    }

    @Test(
        "members that change the meaning or bring a key are refused even when nothing else is wrong",
        arguments: [
            #""crit":["exp"]"#, #""crit":[]"#, #""b64":false"#, #""b64":true"#, #""jku":"https://example.com""#,
            #""jwk":{"kty":"OKP"}"#, #""x5u":"https://example.com""#, #""x5c":[]"#, #""\u0063rit":[]"#,
        ])
    func refusedMembers(_ member: String) throws {
        let header = #"{"alg":"EdDSA","kid":"\#(key.kid)","typ":"at+jwt",\#(member)}"#
        #expect(try verdict(header: header) == .rejected(.malformed))
    }

    @Test("what is not one strict JSON object with the right kinds")
    func malformed() throws {
        let members = #""alg":"EdDSA","kid":"\#(key.kid)","typ":"at+jwt""#
        for header in [
            "", " ", "{", "}", "[]", "null", "1", #""EdDSA""#, "[{\(members)}]", "{\(members)", "{\(members)}}",
            "{\(members),}",
            "{\(members)}x", "{\(members)}\0", "\u{FEFF}{\(members)}", "{\(members)}{\(members)}",
            #"{\#(members),"alg":"EdDSA"}"#, #"{\#(members),"typ":"at+jwt"}"#, #"{\#(members),"x":1,"\u0078":1}"#,
            #"{"alg":null,"kid":"\#(key.kid)","typ":"at+jwt"}"#,
            #"{"alg":["EdDSA"],"kid":"\#(key.kid)","typ":"at+jwt"}"#,
            #"{"alg":"EdDSA","kid":1,"typ":"at+jwt"}"#, #"{"alg":"EdDSA","kid":"\#(key.kid)","typ":true}"#,
            #"{"kid":"\#(key.kid)","typ":"at+jwt"}"#, "{}", #"{\#(members),"x":"\ud800"}"#,
            "{\(members),\"x\":" + String(repeating: "[", count: 100) + String(repeating: "]", count: 100) + "}",
            "{\(members),\"x\":\"" + String(repeating: "x", count: 3000) + "\"}",
        ] {
            #expect(try verdict(header: header) == .rejected(.malformed), "\(header.prefix(80))")
        }
        let notUTF8 = encoded(bytes("{\(members),\"x\":\"") + [0xFF] + bytes("\"}"))
        #expect(try verdict(notUTF8 + ".e30.AAAA") == .rejected(.malformed))
    }

    @Test("missing or foreign kid and typ")
    func missing() throws {
        let kid = key.kid
        for (header, rejection) in [
            (#"{"alg":"EdDSA","typ":"at+jwt"}"#, JWSRejection.unknownKey),
            (#"{"alg":"EdDSA","kid":"","typ":"at+jwt"}"#, .unknownKey),
            (#"{"alg":"EdDSA","kid":"\#(kid) ","typ":"at+jwt"}"#, .unknownKey),
            (#"{"alg":"EdDSA","kid":"\#(kid.dropLast())","typ":"at+jwt"}"#, .unknownKey),
            (#"{"alg":"EdDSA","kid":"\#(kid.lowercased())","typ":"at+jwt"}"#, .unknownKey),
            (#"{"alg":"EdDSA","kid":"../../dev/null","typ":"at+jwt"}"#, .unknownKey),
            (#"{"alg":"EdDSA","kid":"\#(kid)"}"#, .wrongType),
            (#"{"alg":"EdDSA","kid":"\#(kid)","typ":""}"#, .wrongType),
            (#"{"alg":"EdDSA","kid":"\#(kid)","typ":"JWT"}"#, .wrongType),
            (#"{"alg":"EdDSA","kid":"\#(kid)","typ":"at+jwt "}"#, .wrongType),
            (#"{"alg":"EdDSA","kid":"\#(kid)","typ":"text/at+jwt"}"#, .wrongType),
            (#"{"alg":"EdDSA","kid":"\#(kid)","typ":"application/application/at+jwt"}"#, .wrongType),
            (#"{"alg":"EdDSA","kid":"\#(kid)","typ":"application/"}"#, .wrongType),
        ] {
            #expect(try verdict(header: header) == .rejected(rejection), "\(header)")
        }
    }

    @Test("the wrong number of segments, empty ones, and base64url that is not canonical")
    func segments() throws {
        let token = try text(sign("{}", with: key))
        let parts = token.split(separator: ".").map(String.init)
        for wrong in [
            "", ".", "..", "...", "....", parts[0], parts[0] + "." + parts[1], "." + token, token + ".",
            token + "." + parts[2],
            "." + parts[1] + "." + parts[2], parts[0] + "=." + parts[1] + "." + parts[2], token + "=", token + "\n",
            " " + token, parts[0] + "." + parts[1] + "." + parts[2].dropLast() + "+",
        ] {
            #expect(try verdict(wrong) == .rejected(.malformed), "\(wrong)")
        }
        // The last character of 64 bytes carries two bits; the other four must be zero.
        let last = try #require(parts[2].last)
        let spare = try #require(["A": "B", "Q": "R", "g": "h", "w": "x"][last])
        #expect(try verdict(String(token.dropLast()) + spare) == .rejected(.malformed))
        // No payload is a different input, and its own signature makes it a token; claims are not this room's matter.
        #expect(try verdict(parts[0] + ".." + parts[2]) == .rejected(.badSignature))
        #expect(try verdict(text(sign("", with: key))) == .accepted(payload: "", kid: key.kid))
        // A payload that is signed but not base64url.
        let input = parts[0] + ".e30="
        #expect(try verdict(input + "." + encoded(key.signature(of: input))) == .rejected(.malformed))
    }
}
