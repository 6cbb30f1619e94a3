package import Blacklist
internal import StrictJSON

extension UUIDv7 {
    /// Characters of the text form: 32 hexadecimal digits and four hyphens (RFC 9562, section 4).
    package static let textLength = 36

    private static let hyphens: (Int, Int, Int, Int) = (8, 13, 18, 23)

    /// Reads the canonical text form: lower-case digits, hyphens in their places, version 7.
    ///
    /// RFC 9562 lets readers accept upper case; only this service writes these ids, and one spelling an id means that
    /// the blacklist cannot be passed by spelling it otherwise.
    package init?(text: RawSpan) {
        guard text.byteCount == Self.textLength else { return nil }
        var high: UInt64 = 0
        var low: UInt64 = 0
        var digits = 0
        for index in 0..<Self.textLength {
            let byte = text[index]
            if index == Self.hyphens.0 || index == Self.hyphens.1 || index == Self.hyphens.2 || index == Self.hyphens.3 {
                guard byte == UInt8(ascii: "-") else { return nil }
                continue
            }
            let digit: UInt8
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
            default: return nil
            }
            if digits < 16 {
                high = high << 4 | UInt64(digit)
            } else {
                low = low << 4 | UInt64(digit)
            }
            digits += 1
        }
        self.init(high: high, low: low)
    }

    /// Appends the canonical text form.
    package func appendText(to bytes: inout [UInt8]) {
        for index in 0..<16 {
            if index == 4 || index == 6 || index == 8 || index == 10 { bytes.append(UInt8(ascii: "-")) }
            let word = index < 8 ? high : low
            let byte = UInt8(truncatingIfNeeded: word >> UInt64(56 - (index & 7) * 8))
            bytes.append(Self.hexadecimalDigit(byte >> 4))
            bytes.append(Self.hexadecimalDigit(byte & 0x0f))
        }
    }

    /// The canonical text form, for logs and subjects.
    package var text: String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Self.textLength)
        appendText(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func hexadecimalDigit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }
}
