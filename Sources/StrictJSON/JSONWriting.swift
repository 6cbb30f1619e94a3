// Writing is appending to a buffer that the caller owns and reuses: no writer object, no intermediate value, and no
// allocation once the buffer has grown to the size of its largest text.

extension [UInt8] {
    /// Appends `utf8` as a JSON string, quotes included, with no escape that RFC 8259 section 7 does not demand. The
    /// bytes have to be valid UTF-8; they are not checked again.
    package mutating func appendJSONString(_ utf8: RawSpan) {
        append(UInt8(ascii: "\""))
        var position = 0
        while position < utf8.byteCount {
            let end = utf8.plainRunEnd(from: position)
            append(utf8.extracting(position..<end))
            guard end < utf8.byteCount else { break }
            appendEscaped(utf8[end])
            position = end + 1
        }
        append(UInt8(ascii: "\""))
    }

    private mutating func appendEscaped(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""): append("\\\"")
        case UInt8(ascii: "\\"): append("\\\\")
        case 0x08: append("\\b")
        case 0x09: append("\\t")
        case 0x0a: append("\\n")
        case 0x0c: append("\\f")
        case 0x0d: append("\\r")
        case ..<0x20:
            append("\\u00")
            append(Self.hexadecimalDigit(byte >> 4))
            append(Self.hexadecimalDigit(byte & 0xf))
        default: append(byte)
        }
    }

    private static func hexadecimalDigit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }

    package mutating func appendDecimal(_ value: Int64) {
        if value < 0 { append(UInt8(ascii: "-")) }
        appendDecimal(value.magnitude)
    }

    package mutating func appendDecimal(_ value: UInt64) {
        // Least digit first, so that the compiler divides by a constant; the last eight and those before them apart.
        let (upper, lower) = value.quotientAndRemainder(dividingBy: 100_000_000)
        if upper > 0 {
            appendDecimal(upper)
            appendDigits(lower, atLeast: 8)
        } else {
            appendDigits(lower, atLeast: 1)
        }
    }

    /// At most eight digits.
    private mutating func appendDigits(_ value: UInt64, atLeast width: Int) {
        var (rest, digits, count) = (value, UInt64(0), 0)
        while rest > 0 || count < width {
            let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
            digits = digits << 8 | digit | 0x30
            rest = quotient
            count += 1
        }
        append(firstBytes: count, of: digits)
    }

    /// Appends the text's UTF-8, unescaped and without quotes.
    package mutating func append(utf8 text: String) {
        append(contentsOf: text.utf8)
    }
}
