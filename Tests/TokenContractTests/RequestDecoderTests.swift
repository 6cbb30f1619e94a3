import StrictJSON
import Testing
import TokenContract

@Suite("A request is decoded into its fields, or refused")
struct RequestDecoderTests {
    @Test(
        "Each operation takes exactly its fields, however the JSON is spelled",
        arguments: [
            (Operation.generateTokens, #"{"id":"42"}"#, [Field.id: "42"]),
            (.generateTokens, " {\n\"id\" :\t\"42\" } \r\n", [.id: "42"]),
            (.generateTokens, #"{"\u0069\u0064":"\u0034\u0032"}"#, [.id: "42"]),
            (.generateTokens, #"{"id":"Zoë 😀 \ud83d\ude00 \"\\"}"#, [.id: "Zoë 😀 😀 \"\\"]),
            (.generateTokens, #"{"id":"\u0000"}"#, [.id: "\0"]),
            (.verifyToken, #"{"access_token":"a.b.c"}"#, [.accessToken: "a.b.c"]),
            (.verifyToken, #"{"access\u005ftoken":"a.b.c"}"#, [.accessToken: "a.b.c"]),
            (.verifyToken, #"{"access_token":""}"#, [.accessToken: ""]),
            (.refreshTokens, #"{"refresh_token":"r"}"#, [.refreshToken: "r"]),
            (.refreshTokens, #"{}"#, [:]),
            (.blacklistTokens, #"{"refresh_token":"r","access_token":"a"}"#, [.refreshToken: "r", .accessToken: "a"]),
            (
                .blacklistTokens, #"{"access_token":"\u0061","refresh_token":"\u0072"}"#,
                [.refreshToken: "r", .accessToken: "a"]
            ),
        ]
    )
    func accepted(operation: Operation, body: String, expected: [Field: String]) throws {
        #expect(try decode(operation, body) == expected)
    }

    @Test(
        "What the schema does not allow is refused with 400 and a text that says which field and why",
        arguments: [
            (Operation.generateTokens, #"{}"#, "'id' is required"),
            (.generateTokens, #"{"id":42}"#, "'id' must be a string"),
            (.generateTokens, #"{"id":null}"#, "'id' must be a string"),
            (.generateTokens, #"{"id":["x"]}"#, "'id' must be a string"),
            (.generateTokens, #"{"id":{"id":"x"}}"#, "'id' must be a string"),
            (.generateTokens, #"{"id":true}"#, "'id' must be a string"),
            (.generateTokens, #"{"id":""}"#, "'id' must not be empty"),
            (.generateTokens, #"{"id":"x","role":"admin"}"#, "additional property 'role' is not allowed"),
            (.generateTokens, #"{"ID":"x"}"#, "additional property 'ID' is not allowed"),
            (.generateTokens, #"{"id":"x","":1}"#, "additional property is not allowed"),
            (.generateTokens, #"{"id":"x","r\u006fle":1}"#, "additional property is not allowed"),
            (.generateTokens, #"{"id":"x","rôle":1}"#, "additional property is not allowed"),
            (.generateTokens, #"{"id":"x","r\nle":1}"#, "additional property is not allowed"),
            (
                .generateTokens, #"{"id":"x","\#(String(repeating: "k", count: 33))":1}"#,
                "additional property is not allowed"
            ),
            (.generateTokens, #"{"id":1,"x":1}"#, "'id' must be a string"),
            (.generateTokens, #"[]"#, "the request must be an object"),
            (.generateTokens, #""id""#, "the request must be an object"),
            (.generateTokens, #"null"#, "the request must be an object"),
            (.generateTokens, #"1e400"#, "the request must be an object"),
            (.verifyToken, #"{}"#, "'access_token' is required"),
            (.verifyToken, #"{"access_token":1}"#, "'access_token' must be a string"),
            (
                .verifyToken, #"{"access_token":"a","refresh_token":"r"}"#,
                "additional property 'refresh_token' is not allowed"
            ),
            (.refreshTokens, #"{"refresh_token":false}"#, "'refresh_token' must be a string"),
            (.refreshTokens, #"{"access_token":"a"}"#, "additional property 'access_token' is not allowed"),
            (.blacklistTokens, #"{}"#, "'refresh_token' is required"),
            (.blacklistTokens, #"{"refresh_token":"r"}"#, "'access_token' is required"),
            (.blacklistTokens, #"{"access_token":"a"}"#, "'refresh_token' is required"),
            (.blacklistTokens, #"{"refresh_token":"r","access_token":[]}"#, "'access_token' must be a string"),
        ]
    )
    func schema(operation: Operation, body: String, expected: String) {
        #expect(throws: ServiceError(.badRequest, "schema: \(expected)")) { try decode(operation, body) }
    }

    @Test(
        "What is not JSON is refused with 400, and before anything that the schema has to say",
        arguments: [
            ("", "unexpected end at offset 0"), (" ", "unexpected end at offset 1"),
            ("{", "unexpected end at offset 1"),
            (#"{"id":"x""#, "unexpected end at offset 9"), (#"{"id":"x"}}"#, "trailing bytes at offset 10"),
            (#"{"id":"x"}{"id":"x"}"#, "trailing bytes at offset 10"),
            ("{\"id\":\"x\"}\0", "trailing bytes at offset 10"),
            (#"{"id":"x",}"#, "unexpected byte at offset 10"), (#"{'id':"x"}"#, "unexpected byte at offset 1"),
            (#"{"id":"x","id":"x"}"#, "duplicate key at offset 10"),
            (#"{"id":"x","\u0069d":"x"}"#, "duplicate key at offset 10"),
            (#"{"id":"\ud800"}"#, "lone surrogate at offset 7"),
            (#"{"role":1,"id":"x"}x"#, "trailing bytes at offset 19"),
            (#"{"id":1"#, "unexpected end at offset 7"), (#"[1,2"#, "unexpected end at offset 4"),
            (#"{"role":{"a":1,"a":2}}"#, "duplicate key at offset 15"), ("\u{feff}{}", "unexpected byte at offset 0"),
        ]
    )
    func malformed(body: String, expected: String) {
        #expect(throws: ServiceError(.badRequest, "malformed JSON: \(expected)")) {
            try decode(.generateTokens, body)
        }
    }

    @Test("Bytes that are not UTF-8 are malformed wherever they stand")
    func notUTF8() {
        let head = Array(#"{"id":""#.utf8)
        #expect(throws: ServiceError(.badRequest, "malformed JSON: invalid UTF-8 at offset 7")) {
            try decode(.generateTokens, head + [0xc0, 0xaf] + Array(#""}"#.utf8))
        }
    }
}
