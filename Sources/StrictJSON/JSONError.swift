/// Why a text is not the JSON that was asked for, and where. It never carries anything of the text itself: the text
/// may be a token.
package struct JSONError: Error, Equatable, Sendable, CustomStringConvertible {
    package enum Reason: Equatable, Sendable {
        /// No value, key or punctuation that the grammar allows at this place begins like this.
        case unexpectedByte
        /// The text ends inside a value.
        case unexpectedEnd
        /// A value that is well begun, but of another kind than the one that was asked for.
        case unexpectedKind
        /// RFC 8259 section 8.1: the text is not UTF-8 (overlong forms and encoded surrogates included).
        case invalidUTF8
        /// RFC 8259 section 7: U+0000 to U+001F stand in a string only as escapes.
        case controlByte
        case invalidEscape
        /// Half of a UTF-16 pair: no character, and readers differ in what they make of it (RFC 8259 section 8.2).
        case loneSurrogate
        case invalidNumber
        /// A number with a fraction or exponent, or one outside 64 bits, where an integer was asked for.
        case notAnInteger
        /// RFC 8259 section 4 leaves it open, so readers differ; here it is refused, compared after unescaping.
        case duplicateKey
        case tooDeep
        case tooManyMembers
        case tooLong
        /// Anything but white space after the value.
        case trailingBytes
    }

    package let reason: Reason
    /// In bytes from the start of the text: where the offending byte, escape, number or key begins.
    package let offset: Int

    package init(_ reason: Reason, at offset: Int) {
        self.reason = reason
        self.offset = offset
    }

    package var description: String { "\(reason.text) at offset \(offset)" }
}

extension JSONError.Reason {
    package var text: String {
        switch self {
        case .unexpectedByte: "unexpected byte"
        case .unexpectedEnd: "unexpected end"
        case .unexpectedKind: "unexpected kind of value"
        case .invalidUTF8: "invalid UTF-8"
        case .controlByte: "control byte in a string"
        case .invalidEscape: "invalid escape"
        case .loneSurrogate: "lone surrogate"
        case .invalidNumber: "invalid number"
        case .notAnInteger: "not a 64-bit integer"
        case .duplicateKey: "duplicate key"
        case .tooDeep: "nested too deeply"
        case .tooManyMembers: "too many members"
        case .tooLong: "text too long"
        case .trailingBytes: "trailing bytes"
        }
    }
}
