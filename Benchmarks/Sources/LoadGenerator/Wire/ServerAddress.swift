/// Where a nats-server listens, and who is calling: `[nats://|tls://][USER[:PASSWORD]@]HOST[:PORT]`.
package struct ServerAddress: Equatable, Sendable {
    package var host: String
    package var port: UInt16
    package var user: String?
    package var password: String?
    /// `nats://TOKEN@HOST`: without a colon it is a token, as in every NATS client.
    package var token: String?
    /// The seed of the user's key, and, with a credentials file, the JWT that goes with it.
    package var nkey: NKeySeed?
    package var jwt: String?
    /// Nil: only when the server demands it, and then trusting whom the system trusts.
    package var tls: TLSOptions?

    package init(_ text: String) throws(LoadError) {
        var rest = Substring(text)
        if let scheme = rest.range(of: "://") {
            guard ["nats", "tls"].contains(rest[..<scheme.lowerBound]) else {
                throw LoadError("\(rest[..<scheme.lowerBound])://: the scheme is neither nats nor tls")
            }
            if rest.hasPrefix("tls") { tls = TLSOptions() }
            rest = rest[scheme.upperBound...]
        }
        if let at = rest.lastIndex(of: "@") {
            let credentials = rest[..<at]
            if let colon = credentials.firstIndex(of: ":") {
                user = String(credentials[..<colon])
                password = String(credentials[credentials.index(after: colon)...])
            } else {
                token = String(credentials)
            }
            rest = rest[rest.index(after: at)...]
        }
        while rest.last == "/" { rest.removeLast() }
        var name = rest
        var number = Substring("4222")
        // An IPv6 address has colons of its own and stands in brackets.
        if rest.first == "[" {
            guard let close = rest.firstIndex(of: "]") else { throw LoadError("no ] in \(rest)") }
            name = rest[rest.index(after: rest.startIndex)..<close]
            let after = rest[rest.index(after: close)...]
            if after.first == ":" { number = after.dropFirst() }
        } else if let colon = rest.lastIndex(of: ":") {
            name = rest[..<colon]
            number = rest[rest.index(after: colon)...]
        }
        guard !name.isEmpty, let port = UInt16(number), port > 0 else {
            throw LoadError("not the address of a nats-server: \(rest) (nats://HOST:PORT)")
        }
        host = String(name)
        self.port = port
    }

    /// Without what is secret.
    package var description: String {
        host.contains(":") ? "nats://[\(host)]:\(port)" : "nats://\(host):\(port)"
    }
}

extension Substring {
    fileprivate func range(of text: String) -> Range<Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(text) { return start..<index(start, offsetBy: text.count) }
            start = index(after: start)
        }
        return nil
    }
}
