/// How large a request and its parts may be, in bytes. Over any of them the answer is 413. They are not in the schemas,
/// because the contract has none; they are here so that no caller decides how much this service works or holds.
package struct RequestLimits: Equatable, Sendable {
    /// The whole message. The NATS server's own limit (1 MiB by default) lies far above.
    package var maxRequestBytes: Int
    /// An id in UTF-8, after unescaping.
    package var maxIDBytes: Int
    /// A token in compact form. Nothing larger is issued either.
    package var maxTokenBytes: Int

    package static let `default` = RequestLimits()

    package init(maxRequestBytes: Int = 16 * 1024, maxIDBytes: Int = 1024, maxTokenBytes: Int = 8 * 1024) {
        self.maxRequestBytes = maxRequestBytes
        self.maxIDBytes = maxIDBytes
        self.maxTokenBytes = maxTokenBytes
    }

    /// What a request for two tokens holds beside them, at the least.
    package static let pairOverheadBytes = #"{"refresh_token":"","access_token":""}"#.utf8.count

    /// Whether a pair of tokens of these sizes can be brought back in one `blacklist_tokens` request. To be asked
    /// before a pair is issued: two tokens can each be within their limit and together over the request's.
    package func admitsPair(accessBytes: Int, refreshBytes: Int) -> Bool {
        accessBytes <= maxTokenBytes && refreshBytes <= maxTokenBytes
            && accessBytes + refreshBytes + Self.pairOverheadBytes <= maxRequestBytes
    }

    /// What is wrong with these limits, for the check at start; nil when nothing is.
    package var contradiction: String? {
        if maxIDBytes < 1 { return "the id limit is \(maxIDBytes) bytes, so no id would be accepted" }
        if maxTokenBytes < 1 { return "the token limit is \(maxTokenBytes) bytes, so no token would be accepted" }
        if maxRequestBytes < maxTokenBytes + Self.pairOverheadBytes {
            return "the request limit of \(maxRequestBytes) bytes leaves no room for a token of \(maxTokenBytes)"
        }
        if maxRequestBytes < maxIDBytes + Self.pairOverheadBytes {
            return "the request limit of \(maxRequestBytes) bytes leaves no room for an id of \(maxIDBytes)"
        }
        return nil
    }
}
