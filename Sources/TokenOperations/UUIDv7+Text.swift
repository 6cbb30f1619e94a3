package import Blacklist
internal import StrictJSON

extension UUIDv7 {
    /// Characters of the text form: 32 hexadecimal digits and four hyphens (RFC 9562, section 4).
    package static let textLength = 36

    /// Reads the canonical text form: lower-case digits, hyphens in their places, version 7.
    ///
    /// RFC 9562 lets readers accept upper case; only this service writes these ids, and one spelling an id means that
    /// the blacklist cannot be passed by spelling it otherwise.
    ///
    /// Eight digits a step and no branch a digit: it is asked three times for every token, and for every record that is
    /// replayed.
    package init?(text: RawSpan) {
        guard text.byteCount == Self.textLength, text[8] == UInt8(ascii: "-"), text[13] == UInt8(ascii: "-"),
            text[18] == UInt8(ascii: "-"), text[23] == UInt8(ascii: "-"),
            let first = Self.number(ofDigits: text.word(at: 0)),
            let second = Self.number(ofDigits: text.word(at: 9) & 0xffff_ffff | text.word(at: 14) << 32),
            let third = Self.number(ofDigits: text.word(at: 19) & 0xffff_ffff | text.word(at: 24) << 32),
            let fourth = Self.number(ofDigits: text.word(at: 28))
        else { return nil }
        self.init(high: first << 32 | second, low: third << 32 | fourth)
    }

    /// The 32 bits that eight hexadecimal digits spell, the first in the lowest byte; nil when one of them is none.
    private static func number(ofDigits digits: UInt64) -> UInt64? {
        let ones: UInt64 = 0x0101_0101_0101_0101
        // A letter has the bit 0x40, and counts from one.
        let values = (digits & (ones &* 0x0f)) &+ (digits >> 6 & ones) &* 9
        // Spelled again, they have to be the same; above 15 the spelling would go on with `g`.
        let letters = (values &+ ones &* 6) >> 4 & ones
        guard values & (ones &* 0xf0) == 0, values &+ ones &* 0x30 &+ letters &* 39 == digits else { return nil }
        var packed = values.byteSwapped
        packed = (packed | packed >> 4) & 0x00ff_00ff_00ff_00ff
        packed = (packed | packed >> 8) & 0x0000_ffff_0000_ffff
        return (packed | packed >> 16) & 0xffff_ffff
    }

    /// Appends the canonical text form.
    package func appendText(to bytes: inout [UInt8]) {
        let hyphen = UInt8(ascii: "-")
        let (second, third) = (Self.digits(of: high), Self.digits(of: low >> 32))
        bytes.append(addingCapacity: Self.textLength) { text in
            text.append(firstBytes: 8, of: Self.digits(of: high >> 32))
            text.append(hyphen)
            text.append(firstBytes: 4, of: second)
            text.append(hyphen)
            text.append(firstBytes: 4, of: second >> 32)
            text.append(hyphen)
            text.append(firstBytes: 4, of: third)
            text.append(hyphen)
            text.append(firstBytes: 4, of: third >> 32)
            text.append(firstBytes: 8, of: Self.digits(of: low))
        }
    }

    /// The eight hexadecimal digits of the low 32 bits, the first in the lowest byte.
    private static func digits(of number: UInt64) -> UInt64 {
        let ones: UInt64 = 0x0101_0101_0101_0101
        var spread = number & 0xffff_ffff
        spread = (spread | spread << 16) & 0x0000_ffff_0000_ffff
        spread = (spread | spread << 8) & 0x00ff_00ff_00ff_00ff
        spread = ((spread | spread << 4) & (ones &* 0x0f)).byteSwapped
        let letters = (spread &+ ones &* 6) >> 4 & ones
        return spread &+ ones &* 0x30 &+ letters &* 39
    }

    /// The canonical text form, for logs and subjects.
    package var text: String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Self.textLength)
        appendText(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }
}
