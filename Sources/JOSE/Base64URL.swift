import StrictJSON

/// Base64 with the URL alphabet and without padding (RFC 4648 section 5, RFC 7515 section 2), canonical only.
///
/// Canonical means: every byte sequence has exactly one text. Padding, white space, the other alphabet's `+` and `/`,
/// a length of 4n+1, and bits of the last character that no byte needs (RFC 4648 section 3.5) are all refused.
/// Otherwise one token could be written in several ways, and whatever is kept by the token's bytes could be walked
/// around.
///
/// Both directions allocate nothing when the array has room. Decoding takes sixteen characters at a time through plain
/// arithmetic (`Base64URL+Sextets.swift`): the 250 of a new token take 50 ns, where a table of bytes took 110. Encoding
/// goes through a table, so it takes the same time for every value of a byte up to the cache, but not more than that:
/// private key members pass through there when keys are written.
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
        guard text.byteCount % 4 != 1 else { return false }
        let start = bytes.count
        var isCanonical = true
        bytes.append(addingCapacity: decodedLength(text.byteCount) + spareBytes) { output in
            isCanonical = decode(text, into: &output)
        }
        guard isCanonical else {
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

    private static let alphabet: [64 of UInt8] = {
        var table: [64 of UInt8] = .init(repeating: 0)
        for (index, character) in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8.enumerated() {
            table[index] = character
        }
        return table
    }()
}
