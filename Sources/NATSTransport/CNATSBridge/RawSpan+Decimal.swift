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
}
