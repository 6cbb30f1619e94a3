import StrictJSON

/// Base64 with the URL alphabet and without padding (RFC 4648 section 5, RFC 7515 section 2), canonical only.
///
/// Canonical means: every byte sequence has exactly one text. Padding, white space, the other alphabet's `+` and `/`,
/// a length of 4n+1, and bits of the last character that no byte needs (RFC 4648 section 3.5) are all refused.
/// Otherwise one token could be written in several ways, and whatever is kept by the token's bytes could be walked
/// around.
///
/// Both directions go through a table and allocate nothing when the array has room. They take the same time for every
/// value of a byte up to the cache, but not more than that: private key members pass through here once at start.
package enum Base64URL {
    /// The characters that `count` bytes take.
    package static func encodedLength(_ count: Int) -> Int { (count * 4 + 2) / 3 }

    /// The bytes that `count` characters give; an upper bound when `count` is no possible length.
    package static func decodedLength(_ count: Int) -> Int { count / 4 * 3 + max(0, count % 4 - 1) }

    /// Appends the text of `bytes`.
    package static func encode(_ bytes: RawSpan, into text: inout [UInt8]) {
        let whole = bytes.byteCount - bytes.byteCount % 3
        text.append(addingCapacity: encodedLength(bytes.byteCount)) { output in
            var index = 0
            while index < whole {
                let group =
                    UInt32(bytes[index]) << 16 | UInt32(bytes[index + 1]) << 8 | UInt32(bytes[index + 2])
                output.append(character(group >> 18))
                output.append(character(group >> 12))
                output.append(character(group >> 6))
                output.append(character(group))
                index += 3
            }
            switch bytes.byteCount - whole {
            case 1:
                let group = UInt32(bytes[whole]) << 16
                output.append(character(group >> 18))
                output.append(character(group >> 12))
            case 2:
                let group = UInt32(bytes[whole]) << 16 | UInt32(bytes[whole + 1]) << 8
                output.append(character(group >> 18))
                output.append(character(group >> 12))
                output.append(character(group >> 6))
            default: break
            }
        }
    }

    /// Appends the bytes of `text`. Returns `false`, and leaves `bytes` as it was, when the text is not canonical.
    package static func decode(_ text: RawSpan, into bytes: inout [UInt8]) -> Bool {
        let remainder = text.byteCount % 4
        guard remainder != 1 else { return false }
        let whole = text.byteCount - remainder
        let start = bytes.count
        // Values are at most 63; the table's mark for a foreign character is 255. Collected by OR, judged once.
        var seen: UInt32 = 0
        bytes.append(addingCapacity: decodedLength(text.byteCount)) { output in
            var index = 0
            while index < whole {
                let (a, b) = (value(text[index]), value(text[index + 1]))
                let (c, d) = (value(text[index + 2]), value(text[index + 3]))
                seen |= a | b | c | d
                let group = a << 18 | b << 12 | c << 6 | d
                output.append(UInt8(truncatingIfNeeded: group >> 16))
                output.append(UInt8(truncatingIfNeeded: group >> 8))
                output.append(UInt8(truncatingIfNeeded: group))
                index += 4
            }
            switch remainder {
            case 2:
                let (a, b) = (value(text[whole]), value(text[whole + 1]))
                // The low four bits of the last character belong to no byte.
                seen |= a | b | (b & 0x0F) << 6
                output.append(UInt8(truncatingIfNeeded: a << 2 | b >> 4))
            case 3:
                let (a, b, c) = (value(text[whole]), value(text[whole + 1]), value(text[whole + 2]))
                // The low two bits of the last character belong to no byte.
                seen |= a | b | c | (c & 0x03) << 6
                output.append(UInt8(truncatingIfNeeded: a << 2 | b >> 4))
                output.append(UInt8(truncatingIfNeeded: b << 4 | c >> 2))
            default: break
            }
        }
        guard seen < 64 else {
            bytes.removeLast(bytes.count - start)
            return false
        }
        return true
    }

    /// The character of the low six bits.
    @inline(__always)
    private static func character(_ value: UInt32) -> UInt8 {
        alphabet[Int(value & 63)]
    }

    /// The six bits of a character, or 255.
    @inline(__always)
    private static func value(_ character: UInt8) -> UInt32 {
        UInt32(values[Int(character)])
    }

    private static let alphabet: [64 of UInt8] = {
        var table: [64 of UInt8] = .init(repeating: 0)
        for (index, character) in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8.enumerated() {
            table[index] = character
        }
        return table
    }()

    private static let values: [256 of UInt8] = {
        var table: [256 of UInt8] = .init(repeating: 255)
        for value in 0..<64 { table[Int(alphabet[value])] = UInt8(value) }
        return table
    }()
}
