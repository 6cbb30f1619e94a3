import StrictJSON
import Testing
import TokenContract

@Suite("The plainest spelling of a verify_token request")
struct PlainTokenRequestTests {
    private func token(_ request: String, limits: RequestLimits = .default) throws -> String? {
        var decoder = try RequestDecoder(limits: limits)
        let plain = PlainTokenRequest(&decoder)
        let body = Array(request.utf8)
        return plain.token(in: body.rawSpan)?.string
    }

    @Test("Both spellings give the token that the decoder gives")
    func plain() throws {
        #expect(try token(#"{"access_token":"a.b.c"}"#) == "a.b.c")
        #expect(try token(#"{"access_token": "a.b.c"}"#) == "a.b.c")
        #expect(try token(#"{"access_token":"x"}"#) == "x")
    }

    @Test("Every other request is left to the decoder",
        arguments: [
            "", "{", "{}", #"{"access_token":"#, #"{"access_token":""#, #"{"access_token":"}"#, #"{"access_token": "}"#,
            #"{"access_token":""}"#, #"{"access_token": ""}"#, #"{"access_token":  "a.b.c"}"#, #"{"access_token":"a.b.c"} "#, #" {"access_token":"a.b.c"}"#,
            #"{"access_token":"a.b.c" }"#, #"{"access_token" :"a.b.c"}"#, #"{"refresh_token":"a.b.c"}"#,
            #"{"access_tokem":"a.b.c"}"#, #"{"access_token":'a.b.c'}"#, #"{"access_token":["a.b.c"]}"#,
        ])
    func other(request: String) throws {
        #expect(try token(request) == nil)
    }

    @Test("What lies between the quotes is not judged: only a token that is good may be answered on the strength of it")
    func unread() throws {
        #expect(try token(#"{"access_token":"a","access_token":"b"}"#) == #"a","access_token":"b"#)
    }

    @Test("A request over the limit is not plain")
    func limits() throws {
        var limits = RequestLimits.default
        limits.maxRequestBytes = 64
        let long = String(repeating: "x", count: 46)
        #expect(try token(#"{"access_token":"\#(long)"}"#, limits: limits) == nil)
        #expect(try token(#"{"access_token":"\#(long.dropLast())"}"#, limits: limits) == String(long.dropLast()))
    }
}
