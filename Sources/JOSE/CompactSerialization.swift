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

    /// Searched by words: in a token of 400 bytes the dots are what is left to find once the header is known.
    private static func offset(of byte: UInt8, in text: RawSpan, from start: Int) -> Int? {
        let pattern = UInt64(byte) &* 0x0101_0101_0101_0101
        var index = start
        while index &+ 8 <= text.byteCount {
            // The lowest byte that is zero here gets its high bit set; those above it may be wrong.
            let difference = text.word(at: index) ^ pattern
            let zeros = (difference &- 0x0101_0101_0101_0101) & ~difference & 0x8080_8080_8080_8080
            if zeros != 0 { return index &+ zeros.trailingZeroBitCount / 8 }
            index &+= 8
        }
        while index < text.byteCount {
            if text[index] == byte { return index }
            index &+= 1
        }
        return nil
    }
}
