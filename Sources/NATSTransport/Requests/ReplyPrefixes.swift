/// The subjects below which this service will answer.
///
/// Whoever sends a request chooses the reply subject, and the service publishes there in its own name. Without this
/// check a caller could have it publish into `$JS.API.…`, into its own subjects, or into another service's.
package struct ReplyPrefixes: Sendable {
    /// `_INBOX` covers `_INBOX.x` and private inboxes such as `_INBOX_orders.x`; accounts see replies below `_R_.`.
    package static let `default` = ReplyPrefixes(["_INBOX", "_R_."])

    package let prefixes: [String]
    /// All prefixes' bytes, one after the other, and where each ends: one array to look at and no reference to count.
    private let bytes: [UInt8]
    private let ends: [Int]

    package init(_ prefixes: [String]) {
        self.prefixes = prefixes
        var bytes: [UInt8] = []
        ends = prefixes.map { prefix in
            bytes.append(contentsOf: prefix.utf8)
            return bytes.count
        }
        self.bytes = bytes
    }

    /// Whether `subject` begins with one of the prefixes and has at least one token below it. Refused whatever its
    /// prefix: a wildcard byte anywhere, an empty token, white space, control bytes.
    package func accepts(_ subject: RawSpan) -> Bool {
        let (bytes, ends) = (bytes.span, ends.span)
        var start = 0
        for index in ends.indices {
            let end = ends[index]
            if begins(subject, with: bytes.extracting(start..<end)) { return isLiteralSubject(subject, below: end - start) }
            start = end
        }
        return false
    }

    private func begins(_ subject: RawSpan, with prefix: Span<UInt8>) -> Bool {
        guard subject.byteCount > prefix.count, !prefix.isEmpty else { return false }
        for index in prefix.indices where subject.byte(at: index) != prefix[index] {
            return false
        }
        return true
    }

    /// Eight bytes a step; asked of every request.
    private func isLiteralSubject(_ subject: RawSpan, below start: Int) -> Bool {
        // As if a dot stood before it, so that a first token that is empty is one between two dots.
        var isAfterDot: UInt64 = 1
        var lastDot = -1
        var offset = 0
        while offset < subject.byteCount {
            let word = SubjectWord(subject.word(paddedFrom: offset))
            if word.hasForeignByte || word.dots & (word.dots &<< 8 | isAfterDot &<< 7) != 0 { return false }
            if word.dots != 0 { lastDot = offset &+ (63 &- word.dots.leadingZeroBitCount) / 8 }
            isAfterDot = word.dots &>> 63
            offset &+= 8
        }
        return lastDot >= start - 1 && lastDot != subject.byteCount - 1
    }
}

/// Eight bytes of a subject, looked at together in plain arithmetic.
private struct SubjectWord {
    private static var ones: UInt64 { 0x0101_0101_0101_0101 }
    private static var tops: UInt64 { ones &* 0x80 }

    private let word: UInt64
    /// The top bit of each byte that is a dot; exact, because two of them side by side are looked for.
    let dots: UInt64

    init(_ word: UInt64) {
        self.word = word
        dots = Self.equal(word, to: UInt8(ascii: "."))
    }

    /// White space, a control byte or a wildcard.
    var hasForeignByte: Bool {
        // Borrows reach only bytes above one that is foreign itself, so as a whole the answer is exact.
        let low = (word &- Self.ones &* 0x21) & ~word & Self.tops
        let others = Self.equal(word, to: UInt8(ascii: "*")) | Self.equal(word, to: UInt8(ascii: ">")) | Self.equal(word, to: 0x7f)
        return low | others != 0
    }

    /// The top bit of each byte that is `byte`, and no other bit.
    private static func equal(_ word: UInt64, to byte: UInt8) -> UInt64 {
        let difference = word ^ ones &* UInt64(byte)
        return ~(((difference & ~tops) &+ ~tops) | difference | ~tops)
    }
}
