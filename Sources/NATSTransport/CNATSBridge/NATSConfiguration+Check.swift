import Glibc

extension NATSConfiguration {
    /// Makes the options of every server once and throws them away: what can never work (a missing file, a URL that
    /// cannot be read) is an error at the start, and not an attempt that is made again for ever.
    package func check() throws(TransportError) {
        for server in servers { _ = try ConnectionOptions.make(self, server: server) }
        // cnats opens these two only when it connects.
        switch credentials {
        case .nkey(_, let file), .credentialsFile(let file):
            guard unsafe access(file, R_OK) == 0 else {
                throw TransportError(.configuration, "\(file) cannot be read: \(unsafe String(cString: strerror(errno)))")
            }
        case .none, .userPassword, .token:
            break
        }
    }
}
