import StrictJSON

/// Where the three segments of a compact JWS lie (RFC 7515 section 7.1): `header.payload.signature`.
///
/// Exactly two dots; a header that is not empty. Everything else is for whoever reads a segment. Plain offsets, so
/// that nothing is copied and nothing has a lifetime.
struct CompactSerialization {
    /// The offset of the first dot: the header's end.
    let headerEnd: Int
    /// The offset of the second dot: the end of the payload and of the signing input.
    let payloadEnd: Int
    let end: Int

    /// `nil` when there are not exactly three segments.
    init?(_ token: RawSpan) {
        let dot = UInt8(ascii: ".")
        guard let first = Self.offset(of: dot, in: token, from: 0), first > 0,
            let second = Self.offset(of: dot, in: token, from: first + 1),
            Self.offset(of: dot, in: token, from: second + 1) == nil
        else { return nil }
        headerEnd = first
        payloadEnd = second
        end = token.byteCount
    }

    var header: Range<Int> { 0..<headerEnd }
    var payload: Range<Int> { headerEnd + 1..<payloadEnd }
    var signature: Range<Int> { payloadEnd + 1..<end }
    /// What is signed (RFC 7515 section 5.1): header, dot, payload.
    var signingInput: Range<Int> { 0..<payloadEnd }

    private static func offset(of byte: UInt8, in text: RawSpan, from start: Int) -> Int? {
        var index = start
        while index < text.byteCount {
            if text[index] == byte { return index }
            index += 1
        }
        return nil
    }
}
