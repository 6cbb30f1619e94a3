import Glibc

/// Owns a connected TCP socket.
struct Socket: ~Copyable {
    let raw: CInt

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
        close(raw)
    }

    /// Requests leave at once; a read that waits looks up now and then, so that a run can end.
    private func prepare() {
        var on: CInt = 1
        unsafe setsockopt(raw, CInt(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<CInt>.size))
        var patience = timeval(tv_sec: 0, tv_usec: 50_000)
        unsafe setsockopt(raw, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    }
}
