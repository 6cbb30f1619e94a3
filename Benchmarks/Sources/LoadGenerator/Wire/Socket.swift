internal import CLoad
import Glibc

/// Owns a connected TCP socket, and the TLS session on it when there is one.
@safe struct Socket: ~Copyable {
    let raw: CInt
    private var tls: OpaquePointer?
    private static let handshakeMilliseconds: CInt = 5_000
    /// A read that waits looks up so often, so that a run can end.
    private static let patienceMilliseconds: CInt = 50

    init(to address: ServerAddress) throws(LoadError) {
        var hints = unsafe addrinfo()
        unsafe hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        let status = unsafe getaddrinfo(address.host, String(address.port), &hints, &found)
        guard status == 0 else {
            throw LoadError("\(address.description): \(unsafe String(cString: gai_strerror(status)))")
        }
        defer { unsafe freeaddrinfo(found) }
        var reason = "no address"
        var next = unsafe found
        while let candidate = unsafe next?.pointee {
            let descriptor = unsafe socket(candidate.ai_family, candidate.ai_socktype, candidate.ai_protocol)
            if unsafe descriptor >= 0 && connect(descriptor, candidate.ai_addr, candidate.ai_addrlen) == 0 {
                raw = descriptor
                prepare()
                return
            }
            reason = unsafe String(cString: strerror(errno))
            if descriptor >= 0 { close(descriptor) }
            unsafe next = candidate.ai_next
        }
        throw LoadError("\(address.description): \(reason)")
    }

    deinit {
        if let tls = unsafe tls { unsafe load_tls_close(tls) }
        close(raw)
    }

    var isEncrypted: Bool { unsafe tls != nil }

    /// Encrypts all that follows; the server must be the one that its certificate says.
    mutating func encrypt(_ options: TLSOptions, for address: ServerAddress) throws(LoadError) {
        var problem = [CChar](repeating: 0, count: 256)
        let name = options.hostname ?? address.host
        let session = unsafe name.withCString { name in
            unsafe withOptionalCString(options.authorityFile) { authority in
                unsafe withOptionalCString(options.certificateFile) { certificate in
                    unsafe withOptionalCString(options.keyFile) { key in
                        unsafe load_tls_open(
                            raw, load_tls_options(name: name, authority: authority, certificate: certificate, key: key),
                            Self.handshakeMilliseconds, &problem, problem.count)
                    }
                }
            }
        }
        guard let session = unsafe session else {
            let text = String(decoding: problem.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            throw LoadError("\(address.description): TLS: \(text)")
        }
        unsafe tls = session
    }

    /// Bytes received, 0 for none now; nil when the peer is gone.
    func receive(_ bytes: UnsafeMutableRawPointer, room: Int, waiting: Bool) -> Int? {
        guard let tls = unsafe tls else {
            let received = unsafe recv(raw, bytes, room, waiting ? 0 : CInt(MSG_DONTWAIT))
            return received > 0 ? received : received < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : nil
        }
        if unsafe waiting && load_tls_pending(tls) == 0 {
            var readable = pollfd(fd: raw, events: Int16(POLLIN), revents: 0)
            _ = unsafe poll(&readable, 1, Self.patienceMilliseconds)
        }
        let received = unsafe load_tls_read(tls, bytes, room)
        return received >= 0 ? received : nil
    }

    /// Whether a read would bring something that epoll and poll do not know of.
    var hasUnread: Bool {
        guard let tls = unsafe tls else { return false }
        return unsafe load_tls_pending(tls) != 0
    }

    /// Bytes sent, 0 when there is no room; nil when the peer is gone.
    func send(_ bytes: UnsafeRawPointer, count: Int) -> Int? {
        if let tls = unsafe tls {
            let sent = unsafe load_tls_write(tls, bytes, count)
            return sent >= 0 ? sent : nil
        }
        let sent = unsafe Glibc.send(raw, bytes, count, CInt(MSG_DONTWAIT) | CInt(MSG_NOSIGNAL))
        return sent >= 0 ? sent : errno == EAGAIN || errno == EINTR ? 0 : nil
    }

    /// Requests leave at once; a read that waits looks up now and then.
    private func prepare() {
        var on: CInt = 1
        unsafe setsockopt(raw, CInt(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<CInt>.size))
        var patience = timeval(tv_sec: 0, tv_usec: Int(Self.patienceMilliseconds) * 1_000)
        unsafe setsockopt(raw, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    }
}

private func withOptionalCString<Result>(_ text: String?, _ body: (UnsafePointer<CChar>?) -> Result) -> Result {
    guard let text else { return body(nil) }
    return unsafe text.withCString { unsafe body($0) }
}
