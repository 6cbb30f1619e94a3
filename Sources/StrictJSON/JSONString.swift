/// Where a string or key lies in its text: between the quotes, as it was written. Three words without an owner, so it
/// can be kept beside the text; every use names the text again, which must be the one that the scanner read (its
/// escapes are taken as valid, with another text they mean nothing).
package struct JSONString: Sendable, Equatable {
    /// The first byte after the opening quote.
    package let start: Int
    /// The closing quote.
    package let end: Int
    /// Whether the bytes hold escapes; without any they are the string's UTF-8 as they stand.
    package let hasEscapes: Bool

    package init(start: Int, end: Int, hasEscapes: Bool) {
        self.start = start
        self.end = end
        self.hasEscapes = hasEscapes
    }

    /// The bytes as written, escapes and all.
    @_lifetime(copy text)
    package func bytes(in text: RawSpan) -> RawSpan {
        text.extracting(start..<end)
    }

    /// Whether the string, unescaped, is `key`.
    package func matches(_ key: RawSpan, in text: RawSpan) -> Bool {
        guard hasEscapes else { return bytes(in: text).equals(key) }
        var mine = UnescapedBytes(self, in: text)
        var offset = 0
        while let byte = mine.next() {
            guard offset < key.byteCount, key[offset] == byte else { return false }
            offset += 1
        }
        return offset == key.byteCount
    }

    package func matches(_ key: StaticString, in text: RawSpan) -> Bool {
        matches(key.rawSpan, in: text)
    }

    /// Whether both strings of one text are the same after unescaping.
    func matches(_ other: JSONString, in text: RawSpan) -> Bool {
        guard other.hasEscapes else { return matches(other.bytes(in: text), in: text) }
        guard hasEscapes else { return other.matches(bytes(in: text), in: text) }
        var mine = UnescapedBytes(self, in: text)
        var theirs = UnescapedBytes(other, in: text)
        while let byte = mine.next() {
            guard theirs.next() == byte else { return false }
        }
        return theirs.next() == nil
    }

    /// Appends the string's UTF-8 with every escape resolved.
    package func unescape(in text: RawSpan, into buffer: inout [UInt8]) {
        guard hasEscapes else { return buffer.append(bytes(in: text)) }
        var bytes = UnescapedBytes(self, in: text)
        while let byte = bytes.next() {
            buffer.append(byte)
            buffer.append(bytes.takePlainRun())
        }
    }

    /// The string's length in bytes of UTF-8 once unescaped.
    package func unescapedLength(in text: RawSpan) -> Int {
        guard hasEscapes else { return end - start }
        var bytes = UnescapedBytes(self, in: text)
        var length = 0
        while bytes.next() != nil { length += 1 }
        return length
    }
}
