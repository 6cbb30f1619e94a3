import StrictJSON
import Testing
import TokenContract

@Suite("Every reply satisfies its operation's schema")
struct ResponseEncoderTests {
    private let schemas: ContractSchemas

    init() throws {
        schemas = try ContractSchemas()
    }

    private func text(_ encode: (inout [UInt8]) -> Void) -> String {
        var buffer: [UInt8] = []
        encode(&buffer)
        return String(decoding: buffer, as: UTF8.self)
    }

    private func problem(_ body: String, of operation: Operation) -> String? {
        schemas.problem(inReply: Array(body.utf8).rawSpan, of: operation)
    }

    private func valid(id: String, iat: Int64 = 1_700_000_000, exp: Int64 = 1_700_000_900) -> String {
        let id = Array(id.utf8)
        return text { buffer in
            let payload = VerifiedPayload(
                id: id.rawSpan,
                jti: ("0190a6f1-2c3d-7e4f-8a5b-6c7d8e9f0a1b" as StaticString).rawSpan,
                sid: ("0190a6f1-2c3d-7e4f-8a5b-000000000000" as StaticString).rawSpan,
                iat: iat,
                exp: exp,
                iss: ("token-service" as StaticString).rawSpan
            )
            ResponseEncoder.valid(payload, into: &buffer)
        }
    }

    @Test("A pair of tokens is the reply of generate_tokens and refresh_tokens")
    func tokenPair() {
        let body = text { buffer in
            ResponseEncoder.tokenPair(
                access: ("aaa.bbb.ccc" as StaticString).rawSpan,
                refresh: ("ddd.eee.fff" as StaticString).rawSpan,
                into: &buffer
            )
        }
        #expect(body == #"{"access_token":"aaa.bbb.ccc","refresh_token":"ddd.eee.fff"}"#)
        #expect(problem(body, of: .generateTokens) == nil)
        #expect(problem(body, of: .refreshTokens) == nil)
    }

    @Test("A valid token's reply carries its claims")
    func verified() {
        let body = valid(id: "42")
        #expect(
            body == #"{"valid":true,"payload":{"id":"42","jti":"0190a6f1-2c3d-7e4f-8a5b-6c7d8e9f0a1b","#
                + #""sid":"0190a6f1-2c3d-7e4f-8a5b-000000000000","iat":1700000000,"exp":1700000900,"iss":"token-service"}}"#
        )
        #expect(problem(body, of: .verifyToken) == nil)
    }

    @Test("What needs no writing makes the same reply")
    func passedOn() {
        let body = text { buffer in
            ResponseEncoder.valid(
                plainID: ("42" as StaticString).rawSpan,
                ids: (#""jti":"0190a6f1-2c3d-7e4f-8a5b-6c7d8e9f0a1b","sid":"0190a6f1-2c3d-7e4f-8a5b-000000000000""#
                    as StaticString).rawSpan,
                times: (#""iat":1700000000,"exp":1700000900"# as StaticString).rawSpan,
                issuer: (#""iss":"token-service""# as StaticString).rawSpan, into: &buffer)
        }
        #expect(body == valid(id: "42"))
    }

    @Test(
        "An id that needs escapes is escaped, and the reply stays within its schema",
        arguments: ["\"", "\\", "\0", "\r\n", "\u{1f}", "é😀", #"","admin":"true"#]
    )
    func escapes(id: String) throws {
        let body = valid(id: id)
        #expect(problem(body, of: .verifyToken) == nil)
        let payload = try #require(try YAMLValue(parsing: Array(body.utf8))["payload"])
        #expect(payload["id"]?.string == id)
        #expect(payload.mapping.count == 6)
    }

    @Test("A token that is not valid is answered with each reason there is", arguments: InvalidReason.allCases)
    func invalid(reason: InvalidReason) {
        let body = text { $0.append(ResponseEncoder.invalid(reason)) }
        #expect(body == #"{"valid":false,"reason":"\#(reason.rawValue)"}"#)
        #expect(problem(body, of: .verifyToken) == nil)
    }

    @Test("The reasons are the published ones")
    func reasons() {
        #expect(
            InvalidReason.allCases.map(\.rawValue) == [
                "malformed", "unsupported_algorithm", "unknown_key", "bad_signature", "wrong_type", "wrong_issuer",
                "not_yet_valid", "expired", "revoked",
            ]
        )
    }

    @Test("An error's body is within the reply schema and cannot be taken for a success", arguments: Operation.allCases)
    func errorBodies(operation: Operation) {
        let body = "\(ResponseEncoder.errorBody(for: operation))"
        #expect(body == (operation == .verifyToken ? #"{"valid":false}"# : "{}"))
        #expect(problem(body, of: operation) == nil)
    }

    @Test("The confirmation of blacklist_tokens is an empty object")
    func empty() {
        let body = text { ResponseEncoder.empty(into: &$0) }
        #expect(body == "{}")
        #expect(problem(body, of: .blacklistTokens) == nil)
    }

    @Test("Encoding appends to what is in the buffer")
    func appends() {
        var buffer = Array("head ".utf8)
        ResponseEncoder.empty(into: &buffer)
        buffer.append(ResponseEncoder.invalid(.expired))
        #expect(String(decoding: buffer, as: UTF8.self) == #"head {}{"valid":false,"reason":"expired"}"#)
    }

    @Test(
        "The check does find a reply that breaks its schema",
        arguments: [
            (
                Operation.generateTokens, #"{"access_token":"a","refresh_token":"b","id":"42"}"#,
                "schema: additional property 'id' is not allowed"
            ),
            (.generateTokens, #"{"access_token":1}"#, "schema: 'access_token' must be a string"),
            (.verifyToken, #"{"valid":"true"}"#, "schema: 'valid' must be a boolean"),
            (.verifyToken, #"{"valid":true,"payload":{"id":42}}"#, "schema: 'id' must be a string"),
            (.verifyToken, #"{"valid":true,"payload":[]}"#, "schema: 'payload' must be an object"),
            (.refreshTokens, #"[]"#, "schema: the reply must be an object"),
            (.blacklistTokens, #"{"done":true}"#, "schema: additional property 'done' is not allowed"),
            (.blacklistTokens, #"{"#, "malformed JSON: unexpected end at offset 1"),
        ]
    )
    func broken(operation: Operation, body: String, expected: String) {
        #expect(problem(body, of: operation) == expected)
    }
}
