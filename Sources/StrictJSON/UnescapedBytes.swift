/// The UTF-8 of a string that the scanner has accepted, one byte a call, with the escapes of RFC 8259 section 7
/// resolved and no buffer in between. Strings with escapes are rare (keys spelled `"access\u005ftoken"`), so this is
/// made for being plain.
struct UnescapedBytes: ~Escapable {
    private let text: RawSpan
    private let end: Int
    private var position: Int
    /// The bytes of an escape that are still to be given out, the next one lowest.
    private var pending: UInt32 = 0
    private var pendingCount = 0

    @_lifetime(copy text)
    init(_ string: JSONString, in text: RawSpan) {
        self.text = text
        position = string.start
        end = string.end
    }

    mutating func next() -> UInt8? {
        if pendingCount > 0 {
            return takePending()
        }
        guard position < end else { return nil }
        let byte = text[position]
        position += 1
        guard byte == UInt8(ascii: "\\") else { return byte }
        let escape = text[position]
        position += 1
        switch escape {
        case UInt8(ascii: "b"): return 0x08
        case UInt8(ascii: "f"): return 0x0c
        case UInt8(ascii: "n"): return 0x0a
        case UInt8(ascii: "r"): return 0x0d
        case UInt8(ascii: "t"): return 0x09
        case UInt8(ascii: "u"):
            encode(takeScalar())
            return takePending()
        default: return escape
        }
    }

    /// The bytes from here on that stand for themselves, as many as there are; none in the middle of an escape.
    @_lifetime(copy self)
    mutating func takePlainRun() -> RawSpan {
        let start = position
        guard pendingCount == 0 else { return text.extracting(start..<start) }
        position = min(text.plainRunEnd(from: start), end)
        return text.extracting(start..<position)
    }

    private mutating func takePending() -> UInt8 {
        let byte = UInt8(truncatingIfNeeded: pending)
        pending >>= 8
        pendingCount -= 1
        return byte
    }

    /// The code point of `\uXXXX`, or of two of them that make a UTF-16 pair.
    private mutating func takeScalar() -> UInt32 {
        let unit = takeUnit()
        guard unit & 0xfc00 == 0xd800 else { return unit }
        position += 2
        return 0x1_0000 + (unit & 0x3ff) << 10 + takeUnit() & 0x3ff
    }

    private mutating func takeUnit() -> UInt32 {
        defer { position += 4 }
        return text.hexadecimalUnit(at: position) ?? 0xfffd
    }

    private mutating func encode(_ scalar: UInt32) {
        switch scalar {
        case ..<0x80:
            pending = scalar
            pendingCount = 1
        case ..<0x800:
            pending = 0xc0 | scalar >> 6 | (0x80 | scalar & 0x3f) << 8
            pendingCount = 2
        case ..<0x1_0000:
            pending = 0xe0 | scalar >> 12 | (0x80 | scalar >> 6 & 0x3f) << 8 | (0x80 | scalar & 0x3f) << 16
            pendingCount = 3
        default:
            pending = 0xf0 | scalar >> 18 | (0x80 | scalar >> 12 & 0x3f) << 8
            pending |= (0x80 | scalar >> 6 & 0x3f) << 16 | (0x80 | scalar & 0x3f) << 24
            pendingCount = 4
        }
    }
}

extension RawSpan {
    /// The value of the four hexadecimal digits at `offset`; nil when they are not four, or run past the end.
    func hexadecimalUnit(at offset: Int) -> UInt32? {
        guard offset + 4 <= byteCount else { return nil }
        var unit: UInt32 = 0
        for index in offset..<offset + 4 {
            let byte = self[index]
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): unit = unit << 4 | UInt32(byte - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): unit = unit << 4 | UInt32(byte - UInt8(ascii: "a") + 10)
            case UInt8(ascii: "A")...UInt8(ascii: "F"): unit = unit << 4 | UInt32(byte - UInt8(ascii: "A") + 10)
            default: return nil
            }
        }
        return unit
    }
}
