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
