/// What TLS needs to know; what is nil is as the system has it.
package struct TLSOptions: Equatable, Sendable {
    /// PEM: whom to trust.
    package var authorityFile: String?
    /// PEM: who is calling; both or neither.
    package var certificateFile: String?
    package var keyFile: String?
    /// The name that the server's certificate must have, when it is not the address's.
    package var hostname: String?

    package init(
        authorityFile: String? = nil, certificateFile: String? = nil, keyFile: String? = nil, hostname: String? = nil
    ) {
        self.authorityFile = authorityFile
        self.certificateFile = certificateFile
        self.keyFile = keyFile
        self.hostname = hostname
    }
}
