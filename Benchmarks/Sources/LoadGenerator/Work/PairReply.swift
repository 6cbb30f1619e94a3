/// A reply of `generate_tokens` or `refresh_tokens`, read where it lies: tens of thousands come in a second.
struct PairReply {
    /// Where the tokens are in the reply.
    let access: Range<Int>
    let refresh: Range<Int>

    private static let accessKey = Array(#""access_token":""#.utf8)
    private static let refreshKey = Array(#""refresh_token":""#.utf8)
    private static let quote = [UInt8(ascii: "\"")]

    init?(_ reply: RawSpan) {
        guard let access = Self.value(of: Self.accessKey, in: reply),
            let refresh = Self.value(of: Self.refreshKey, in: reply)
        else { return nil }
        (self.access, self.refresh) = (access, refresh)
    }

    private static func value(of key: [UInt8], in reply: RawSpan) -> Range<Int>? {
        guard let at = reply.offset(of: key) else { return nil }
        let start = at + key.count
        guard let end = reply.offset(of: quote, from: start), end > start else { return nil }
        return start..<end
    }

    /// The `jti` of an access token.
    static func id(of token: [UInt8]) -> ArraySlice<UInt8>? {
        let parts = token.split(separator: UInt8(ascii: "."), maxSplits: 2)
        guard parts.count == 3, let claims = Base64URL.decode(parts[1]) else { return nil }
        return value(of: idKey, in: claims.raw).map { claims[$0] }
    }

    private static let idKey = Array(#""jti":""#.utf8)

    /// Whether the token's claims hold this text, such as `"sub":"42"`.
    static func claims(of token: RawSpan, hold text: [UInt8]) -> Bool {
        let dot = [UInt8(ascii: ".")]
        guard let first = token.offset(of: dot), let second = token.offset(of: dot, from: first + 1) else { return false }
        guard let claims = Base64URL.decode(token.extracting(first + 1..<second).array) else { return false }
        return claims.raw.offset(of: text) != nil
    }
}
