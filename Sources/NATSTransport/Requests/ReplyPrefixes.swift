/// The subjects below which this service will answer.
///
/// Whoever sends a request chooses the reply subject, and the service publishes there in its own name. Without this
/// check a caller could have it publish into `$JS.API.…`, into its own subjects, or into another service's.
package struct ReplyPrefixes: Sendable {
    /// `_INBOX` covers `_INBOX.x` and private inboxes such as `_INBOX_orders.x`; accounts see replies below `_R_.`.
    package static let `default` = ReplyPrefixes(["_INBOX", "_R_."])

    package let prefixes: [String]
    private let bytes: [[UInt8]]

    package init(_ prefixes: [String]) {
        self.prefixes = prefixes
        bytes = prefixes.map { Array($0.utf8) }
    }

    /// Whether `subject` begins with one of the prefixes and has at least one token below it. Refused whatever its
    /// prefix: a wildcard byte anywhere, an empty token, white space, control bytes.
    package func accepts(_ subject: Span<UInt8>) -> Bool {
        for prefix in bytes where begins(subject, with: prefix) {
            return isLiteralSubject(subject, below: prefix.count)
        }
        return false
    }

    private func begins(_ subject: Span<UInt8>, with prefix: [UInt8]) -> Bool {
        guard subject.count > prefix.count, !prefix.isEmpty else { return false }
        for index in prefix.indices where subject[index] != prefix[index] {
            return false
        }
        return true
    }

    private func isLiteralSubject(_ subject: Span<UInt8>, below start: Int) -> Bool {
        let dot = UInt8(ascii: ".")
        var previous = dot
        var hasTokenBelow = false
        for index in subject.indices {
            let byte = subject[index]
            if byte <= 0x20 || byte == 0x7f || byte == UInt8(ascii: "*") || byte == UInt8(ascii: ">") {
                return false
            }
            if byte == dot {
                if previous == dot { return false }
                if index + 1 >= start { hasTokenBelow = true }
            }
            previous = byte
        }
        return hasTokenBelow && previous != dot
    }
}
