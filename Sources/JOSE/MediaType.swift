import StrictJSON

/// How values of `typ` are compared (RFC 7515 section 4.1.9): they are media types, so case does not count, and one
/// without a slash means the same as with `application/` before it.
enum MediaType {
    private static let prefix: StaticString = "application/"

    /// `type` in lower case and without the prefix.
    static func normalised(_ type: String) -> [UInt8] {
        let lowered = type.utf8.map(lowercased)
        let prefix = Array("application/".utf8)
        return lowered.starts(with: prefix) ? Array(lowered.dropFirst(prefix.count)) : lowered
    }

    /// Whether a header's `typ` is the type that was normalised before.
    static func matches(_ name: JSONString, _ normalised: [UInt8], _ scanner: borrowing JSONScanner) -> Bool {
        // No media type needs an escape. Should one be written with one all the same, it is resolved at the cost of
        // an array.
        guard name.hasEscapes else { return matches(scanner.bytes(name), normalised) }
        var unescaped: [UInt8] = []
        scanner.unescape(name, into: &unescaped)
        return matches(unescaped.rawSpan, normalised)
    }

    private static func matches(_ name: RawSpan, _ normalised: [UInt8]) -> Bool {
        let prefix = prefix.rawSpan
        let skipped = name.byteCount > prefix.byteCount && begins(name, with: prefix) ? prefix.byteCount : 0
        guard name.byteCount - skipped == normalised.count else { return false }
        for index in normalised.indices where lowercased(name[skipped + index]) != normalised[index] { return false }
        return true
    }

    private static func begins(_ name: RawSpan, with prefix: RawSpan) -> Bool {
        for index in 0..<prefix.byteCount where lowercased(name[index]) != prefix[index] { return false }
        return true
    }

    private static func lowercased(_ byte: UInt8) -> UInt8 {
        byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte
    }
}
