import StrictJSON
import Testing
import TokenContract

@Suite("A decoder is used again and again")
struct DecoderReuseTests {
    @Test("Nothing of one request is left for the next, refused or not")
    func reuse() throws {
        var decoder = try RequestDecoder()
        let pair = Array(#"{"refresh_token":"\u0072","access_token":"\u0061"}"#.utf8)
        try decoder.decode(.blacklistTokens, pair.rawSpan)
        #expect(fields(of: decoder, pair) == [.refreshToken: "r", .accessToken: "a"])

        let none = Array("{}".utf8)
        try decoder.decode(.refreshTokens, none.rawSpan)
        #expect(fields(of: decoder, none).isEmpty)

        try decoder.decode(.blacklistTokens, pair.rawSpan)
        for refused in [
            #"{"id":"x","role":1}"#, #"{"id":"x"} x"#, #"{"id":""}"#,
            #"{"id":"\#(String(repeating: "x", count: 1025))"}"#,
            #"{"id":"\#(String(repeating: "x", count: 20_000))"}"#,
        ] {
            let body = Array(refused.utf8)
            do throws(ServiceError) {
                try decoder.decode(.generateTokens, body.rawSpan)
                Issue.record("accepted: \(refused)")
            } catch {
                #expect(fields(of: decoder, body).isEmpty)
            }
        }

        let id = Array(#"{"id":"\u0034\u0032"}"#.utf8)
        try decoder.decode(.generateTokens, id.rawSpan)
        #expect(fields(of: decoder, id) == [.id: "42"])
    }

    @Test("Two fields with escapes are kept apart")
    func twoEscaped() throws {
        let refresh = String(repeating: #"\u00e9"#, count: 300)
        let access = String(repeating: #"x\n"#, count: 300)
        let fields = try decode(.blacklistTokens, #"{"refresh_token":"\#(refresh)","access_token":"\#(access)"}"#)
        #expect(fields[.refreshToken] == String(repeating: "é", count: 300))
        #expect(fields[.accessToken] == String(repeating: "x\n", count: 300))
    }
}
