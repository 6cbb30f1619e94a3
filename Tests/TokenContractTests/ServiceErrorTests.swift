import Testing
import TokenContract

@Suite("An error's text can stand in a header as it is")
struct ServiceErrorTests {
    @Test(
        "What is not printable ASCII becomes a question mark",
        arguments: [
            ("plain text, 'quoted' ~", "plain text, 'quoted' ~"),
            ("a\r\nNats-Service-Error-Code: 200", "a??Nats-Service-Error-Code: 200"),
            ("a\0b", "a?b"), ("a\tb\u{1b}[31m\u{7f}", "a?b?[31m?"), ("é", "??"), ("\u{2028}", "???"), ("", ""),
        ]
    )
    func sanitised(text: String, expected: String) {
        #expect(ServiceError(.badRequest, text).text == expected)
    }

    @Test("Every byte there is comes out as one printable byte")
    func everyScalar() {
        for scalar in (0...0x3ff).compactMap(Unicode.Scalar.init) {
            let text = ServiceError(.internalError, String(Character(scalar))).text
            #expect(text.utf8.allSatisfy { (0x20...0x7e).contains($0) }, "U+\(scalar.value)")
            #expect(text.utf8.count == String(Character(scalar)).utf8.count)
        }
    }

    @Test("A long text is cut, in bytes, also in the middle of a character")
    func length() {
        #expect(ServiceError(.badRequest, String(repeating: "x", count: 200)).text.utf8.count == 200)
        #expect(ServiceError(.badRequest, String(repeating: "x", count: 201)).text.utf8.count == 200)
        #expect(ServiceError(.badRequest, "x" + String(repeating: "é", count: 200)).text.utf8.count == 200)
    }

    @Test("No refusal of a request repeats a value, whatever is wrong with it")
    func noValues() {
        let secret = "eyJhbGciOiJFZERTQSJ9"
        for body in [
            #"{"access_token":"\#(secret)""#, #"{"access_token":"\#(secret)","\#(secret)\#(secret)":1}"#,
            #"{"access_token":["\#(secret)"]}"#, #"{"access_token":"\#(secret)\x"}"#, #""\#(secret)""#, secret,
            #"{"access_token":"\#(secret)","access_token":"\#(secret)"}"#, #"{"access_token":"\#(secret)"}\#(secret)"#,
            #"{"access_token":"\#(String(repeating: secret, count: 500))"}"#,
            #"{"access_token":"\#(String(repeating: secret, count: 1000))"}"#,
        ] {
            let error = #expect(throws: ServiceError.self) { try decode(.verifyToken, body) }
            #expect(error?.text.contains(secret) == false)
        }
    }

    @Test("The codes are those of the contract's table")
    func codes() {
        #expect(ServiceErrorCode.allCases.map(\.rawValue) == [400, 401, 413, 500, 503])
        #expect(ServiceError(.unauthorized, "the token was refused").description == "401 the token was refused")
    }
}
