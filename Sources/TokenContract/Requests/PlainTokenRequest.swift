internal import StrictJSON

/// The two spellings of a verify_token request that nearly every caller uses: `{"access_token":"…"}`, and the same with
/// a space after the colon. The token is found in them without being read.
///
/// Only for whoever knows, or finds out by verifying it, that these very bytes are a good token within its limit: then the
/// request is what `RequestDecoder.decode` would accept, because base64url and dots end no JSON string. Of a token that
/// is not good nothing is said; its request may be anything, and has to be decoded.
///
/// Known by its first sixteen bytes, two words, and its last two.
package struct PlainTokenRequest: Sendable {
    private static let head: StaticString = #"{"access_token":"#
    private static let headBytes = 16

    private let firstWord = head.rawSpan.word(at: 0)
    private let secondWord = head.rawSpan.word(at: 8)
    private let maxBytes: Int

    /// - Parameter decoder: asked whether, with its schemas and limits, it takes both spellings and finds the same token
    ///   in them. When it does not, no request is plain.
    package init(_ decoder: inout RequestDecoder) {
        let plain = PlainTokenRequest(maxBytes: decoder.limits.maxRequestBytes)
        let isTaken = [#"{"access_token":"a.b.c"}"#, #"{"access_token": "a.b.c"}"#].allSatisfy { request in
            let body = Array(request.utf8)
            guard let token = plain.token(in: body.rawSpan), (try? decoder.decode(.verifyToken, body.rawSpan)) != nil,
                let decoded = decoder.value(.accessToken, in: body.rawSpan)
            else { return false }
            return decoded.equals(token)
        }
        self.init(maxBytes: isTaken ? plain.maxBytes : 0)
    }

    private init(maxBytes: Int) {
        self.maxBytes = maxBytes
    }

    /// The token; nil for every other spelling, which has to be decoded.
    @_lifetime(copy body)
    package func token(in body: RawSpan) -> RawSpan? {
        let end = body.byteCount - 2
        guard body.byteCount <= maxBytes, end > Self.headBytes + 1,
            body.word(at: 0) == firstWord, body.word(at: 8) == secondWord,
            body[end] == UInt8(ascii: "\""), body[end + 1] == UInt8(ascii: "}")
        else { return nil }
        let start = body[Self.headBytes] == UInt8(ascii: " ") ? Self.headBytes + 1 : Self.headBytes
        guard body[start] == UInt8(ascii: "\""), start + 1 < end else { return nil }
        return body.extracting(start + 1..<end)
    }
}
