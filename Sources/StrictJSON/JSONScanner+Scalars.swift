extension JSONScanner {
    package mutating func readString() throws(JSONError) -> JSONString {
        try expect(.string)
        return try scanString()
    }

    package mutating func readBoolean() throws(JSONError) -> Bool {
        try expect(.boolean)
        let value = text[position] == UInt8(ascii: "t")
        try scanLiteral(value ? "true" : "false")
        return value
    }

    package mutating func readNull() throws(JSONError) {
        try expect(.null)
        try scanLiteral("null")
    }

    /// Whether the string, unescaped, is `key`.
    package func matches(_ string: JSONString, _ key: StaticString) -> Bool {
        string.matches(key.rawSpan, in: text)
    }

    package func matches(_ string: JSONString, _ key: RawSpan) -> Bool {
        string.matches(key, in: text)
    }

    /// Appends the string's UTF-8 with every escape resolved.
    package func unescape(_ string: JSONString, into buffer: inout [UInt8]) {
        string.unescape(in: text, into: &buffer)
    }

    /// The string as written: its UTF-8 only when it has no escapes.
    @_lifetime(copy self)
    package func bytes(_ string: JSONString) -> RawSpan {
        string.bytes(in: text)
    }

    private mutating func scanLiteral(_ literal: StaticString) throws(JSONError) {
        let expected = literal.rawSpan
        for index in 0..<expected.byteCount {
            guard position < text.byteCount else { throw JSONError(.unexpectedEnd, at: position) }
            guard text[position] == expected[index] else { throw JSONError(.unexpectedByte, at: position) }
            position += 1
        }
    }
}
