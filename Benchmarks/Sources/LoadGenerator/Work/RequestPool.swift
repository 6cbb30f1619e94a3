/// Requests that were made before the measuring: each from after its reply subject to its end (` 393`, CR LF, the payload,
/// CR LF), so that sending one is a copy. Immutable, and shared by all threads of a run.
package final class RequestPool: Sendable {
    private let bytes: [UInt8]
    private let starts: [Int]
    /// The `jti` of each access token, which the reply must name; 36 characters each.
    private let ids: [UInt8]
    private static let idLength = 36

    /// `verify_token` requests.
    init(verifying tokens: some Sequence<String>) throws(LoadError) {
        var (bytes, starts, ids) = ([UInt8](), [Int](), [UInt8]())
        for token in tokens {
            starts.append(bytes.count)
            bytes.append(contentsOf: Self.request(body: "{\"access_token\":\(JSONText.quoted(token))}"))
            guard let id = PairReply.id(of: Array(token.utf8)), id.count == Self.idLength else {
                throw LoadError("an access token has no jti, or no UUID in it")
            }
            ids.append(contentsOf: id)
        }
        starts.append(bytes.count)
        (self.bytes, self.starts, self.ids) = (bytes, starts, ids)
    }

    /// `blacklist_tokens` requests.
    init(blacklisting pairs: some Sequence<TokenPair>) {
        var (bytes, starts) = ([UInt8](), [Int]())
        for pair in pairs {
            starts.append(bytes.count)
            bytes.append(contentsOf: Self.request(body: pair.line))
        }
        starts.append(bytes.count)
        (self.bytes, self.starts, ids) = (bytes, starts, [])
    }

    static func request(body: String) -> [UInt8] {
        Array(" \(body.utf8.count)\r\n\(body)\r\n".utf8)
    }

    package var count: Int { starts.count - 1 }

    func append(_ index: Int, to queue: inout ByteQueue) {
        queue.append(bytes, starts[index]..<starts[index + 1])
    }

    /// From the first character of a verify request's token to the request's end.
    func tokenDistance(_ index: Int) -> Int {
        let length = starts[index + 1] - starts[index]
        let head = bytes[starts[index]..<starts[index + 1]].firstIndex(of: UInt8(ascii: "{")).map { $0 - starts[index] } ?? 0
        return length - head - Self.verifyKey.count
    }

    private static let verifyKey = Array(#"{"access_token":""#.utf8)

    /// Whether a reply names the token that it was asked about. `hint`: where the last one did, which is where all do.
    @inline(__always)
    func isNamed(_ index: Int, in reply: RawSpan, hint: inout Int) -> Bool {
        let ids = ids
        let id = ids.raw.extracting(index * Self.idLength..<(index + 1) * Self.idLength)
        if reply.holds(id, at: hint) { return true }
        guard let found = reply.offset(of: id) else { return false }
        hint = found
        return true
    }
}
