extension ReplyPrefixes {
    /// As for a request's reply subject.
    package func accepts(_ subject: String) -> Bool {
        let bytes = subject.utf8Span.span
        return unsafe accepts(bytes.bytes)
    }
}

extension RawSpan {
    /// The number that these bytes spell in decimal digits; `nil` when they do not, or when it does not fit.
    var decimal: UInt64? {
        guard byteCount > 0, byteCount <= 19 else { return nil }
        var number: UInt64 = 0
        for offset in byteOffsets {
            let byte = unsafe unsafeLoad(fromByteOffset: offset, as: UInt8.self)
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
            number = number * 10 + UInt64(byte - UInt8(ascii: "0"))
        }
        return number
    }

    func byte(at offset: Int) -> UInt8 {
        unsafe unsafeLoad(fromByteOffset: offset, as: UInt8.self)
    }

    /// Eight bytes from `offset` on, the first one lowest; what lies behind the end reads as letters.
    func word(paddedFrom offset: Int) -> UInt64 {
        guard offset &+ 8 > byteCount else {
            return UInt64(littleEndian: unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
        }
        var word: UInt64 = 0x6161_6161_6161_6161
        for index in (offset..<byteCount).reversed() { word = word &<< 8 | UInt64(byte(at: index)) }
        return word
    }

    /// The name of the loop's message to itself.
    static let echo = "echo"

    var isEcho: Bool {
        let echo = Self.echo.utf8Span.span
        guard byteCount == echo.count else { return false }
        for offset in byteOffsets where unsafe unsafeLoad(fromByteOffset: offset, as: UInt8.self) != echo[offset] {
            return false
        }
        return true
    }
}
