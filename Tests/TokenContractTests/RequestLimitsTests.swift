import StrictJSON
import Testing
import TokenContract

@Suite("The limits hold to the byte")
struct RequestLimitsTests {
    private let limits = RequestLimits(maxRequestBytes: 100, maxIDBytes: 8, maxTokenBytes: 50)

    private func filler(_ count: Int) -> String {
        String(repeating: "x", count: count)
    }

    @Test("A request at its limit is read; one byte more is refused with 413, whatever is in it")
    func request() throws {
        let body = #"{"id":"x"}"#
        #expect(try decode(.generateTokens, body + String(repeating: " ", count: 90), limits: limits) == [.id: "x"])
        let refusal = ServiceError(.tooLarge, "the request is larger than 100 bytes")
        #expect(throws: refusal) {
            try decode(.generateTokens, body + String(repeating: " ", count: 91), limits: limits)
        }
        #expect(throws: refusal) { try decode(.generateTokens, String(repeating: "\0", count: 101), limits: limits) }
    }

    @Test("An id is measured in bytes of UTF-8 after unescaping")
    func id() throws {
        #expect(try decode(.generateTokens, #"{"id":"12345678"}"#, limits: limits) == [.id: "12345678"])
        #expect(
            try decode(.generateTokens, #"{"id":"\u0031\u0032\u0033\u0034\u0035\u0036\u0037\u0038"}"#, limits: limits)
                == [.id: "12345678"]
        )
        #expect(try decode(.generateTokens, #"{"id":"éééé"}"#, limits: limits) == [.id: "éééé"])
        for body in [#"{"id":"123456789"}"#, #"{"id":"ééééx"}"#, #"{"id":"\u00e9\u00e9\u00e9\u00e9x"}"#] {
            #expect(throws: ServiceError(.tooLarge, "'id' is larger than 8 bytes")) {
                try decode(.generateTokens, body, limits: limits)
            }
        }
    }

    @Test("A token over its limit is refused with 413 that names it")
    func token() throws {
        #expect(
            try decode(.verifyToken, #"{"access_token":"\#(filler(50))"}"#, limits: limits) == [
                .accessToken: filler(50)
            ]
        )
        #expect(throws: ServiceError(.tooLarge, "'access_token' is larger than 50 bytes")) {
            try decode(.verifyToken, #"{"access_token":"\#(filler(51))"}"#, limits: limits)
        }
        #expect(throws: ServiceError(.tooLarge, "'refresh_token' is larger than 50 bytes")) {
            try decode(.refreshTokens, #"{"refresh_token":"\#(filler(51))"}"#, limits: limits)
        }
    }

    @Test("A schema violation is told before a limit")
    func order() {
        #expect(throws: ServiceError(.badRequest, "schema: additional property 'x' is not allowed")) {
            try decode(.generateTokens, #"{"id":"123456789","x":1}"#, limits: limits)
        }
    }

    @Test("The limits of the design are the defaults")
    func defaults() {
        #expect(RequestLimits.default == RequestLimits(maxRequestBytes: 16384, maxIDBytes: 1024, maxTokenBytes: 8192))
        #expect(RequestLimits.default.contradiction == nil)
    }

    @Test(
        "Limits that contradict each other are found before they are used",
        arguments: [
            RequestLimits(maxIDBytes: 0), RequestLimits(maxTokenBytes: 0), RequestLimits(maxRequestBytes: 8192),
            RequestLimits(maxRequestBytes: 1000, maxTokenBytes: 100),
        ]
    )
    func contradictions(limits: RequestLimits) {
        #expect(limits.contradiction != nil)
    }

    @Test("A pair is admitted exactly when it can be brought back in one request")
    func pair() throws {
        for (access, refresh) in [(50, 12), (12, 50), (31, 31)] {
            #expect(limits.admitsPair(accessBytes: access, refreshBytes: refresh))
            #expect(!limits.admitsPair(accessBytes: access, refreshBytes: refresh + 1))
            let body = #"{"refresh_token":"\#(filler(refresh))","access_token":"\#(filler(access))"}"#
            #expect(body.utf8.count == limits.maxRequestBytes)
            #expect(try decode(.blacklistTokens, body, limits: limits).count == 2)
        }
    }
}
