extension JSONScanner {
    /// Reads a string whose opening quote is next.
    mutating func scanString() throws(JSONError) -> JSONString {
        let start = position + 1
        position = start
        var hasEscapes = false
        while true {
            position = text.plainRunEnd(from: position)
            guard position < text.byteCount else { throw JSONError(.unexpectedEnd, at: position) }
            let byte = text[position]
            switch byte {
            case UInt8(ascii: "\""):
                let end = position
                position += 1
                return JSONString(start: start, end: end, hasEscapes: hasEscapes)
            case UInt8(ascii: "\\"):
                hasEscapes = true
                try scanEscape()
            case 0x80...:
                try scanMultibyteCharacter()
            default:
                throw JSONError(.controlByte, at: position)
            }
        }
    }

    /// Passes over one escape whose backslash is next; a UTF-16 pair counts as one.
    private mutating func scanEscape() throws(JSONError) {
        guard position + 1 < text.byteCount else { throw JSONError(.unexpectedEnd, at: text.byteCount) }
        switch text[position + 1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            position += 2
        case UInt8(ascii: "u"):
            guard let unit = text.hexadecimalUnit(at: position + 2) else {
                throw JSONError(.invalidEscape, at: position)
            }
            switch unit & 0xfc00 {
            case 0xd800:
                guard isLowSurrogate(at: position + 6) else { throw JSONError(.loneSurrogate, at: position) }
                position += 12
            case 0xdc00: throw JSONError(.loneSurrogate, at: position)
            default: position += 6
            }
        default: throw JSONError(.invalidEscape, at: position)
        }
    }

    private func isLowSurrogate(at offset: Int) -> Bool {
        guard offset + 6 <= text.byteCount, text[offset] == UInt8(ascii: "\\"), text[offset + 1] == UInt8(ascii: "u"),
            let unit = text.hexadecimalUnit(at: offset + 2)
        else { return false }
        return unit & 0xfc00 == 0xdc00
    }

    /// Passes over one character of two to four bytes: RFC 3629 section 4, where the range of the second byte is what
    /// keeps out overlong forms, surrogates and what lies above U+10FFFF.
    private mutating func scanMultibyteCharacter() throws(JSONError) {
        let length: Int
        var second: ClosedRange<UInt8> = 0x80...0xbf
        switch text[position] {
        case 0xc2...0xdf: length = 2
        case 0xe0: (length, second) = (3, 0xa0...0xbf)
        case 0xed: (length, second) = (3, 0x80...0x9f)
        case 0xe1...0xef: length = 3
        case 0xf0: (length, second) = (4, 0x90...0xbf)
        case 0xf1...0xf3: length = 4
        case 0xf4: (length, second) = (4, 0x80...0x8f)
        default: throw JSONError(.invalidUTF8, at: position)
        }
        guard position + length <= text.byteCount, second.contains(text[position + 1]) else {
            throw JSONError(.invalidUTF8, at: position)
        }
        for index in position + 2..<max(position + 2, position + length) {
            guard text[index] & 0xc0 == 0x80 else { throw JSONError(.invalidUTF8, at: position) }
        }
        position += length
    }
}

extension RawSpan {
    private static var ones: UInt64 { 0x0101_0101_0101_0101 }
    private static var topBits: UInt64 { ones &* 0x80 }

    /// The first byte from `offset` on that does not stand for itself in a JSON string (a quote, a backslash, a
    /// control byte, anything outside ASCII), or the end of the span.
    ///
    /// Eight bytes a step in plain arithmetic, because this compiler turns the comparison of SIMD vectors into a loop.
    /// A byte that is wanted borrows into the byte above it, so above the first hit there may be false ones; never
    /// below it, and only the lowest counts.
    package func plainRunEnd(from offset: Int) -> Int {
        var offset = offset
        while offset &+ 8 <= byteCount {
            let hits = Self.specialBytes(of: word(at: offset))
            if hits != 0 {
                return offset &+ hits.trailingZeroBitCount >> 3
            }
            offset &+= 8
        }
        while offset < byteCount {
            let byte = self[offset]
            guard byte >= 0x20, byte < 0x80, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") else { break }
            offset &+= 1
        }
        return offset
    }

    /// The top bit of each byte that is special, exact up to and including the lowest one.
    private static func specialBytes(of word: UInt64) -> UInt64 {
        let quotes = (word ^ ones &* 0x22) &- ones
        let backslashes = (word ^ ones &* 0x5c) &- ones
        let controls = word &- ones &* 0x20
        return (quotes | backslashes | controls | word) & topBits
    }
}
