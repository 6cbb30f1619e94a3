/// Where the servers are and how to come in. A value: a loop takes a copy and never sees a change.
package struct NATSConfiguration: Sendable {
    /// URLs such as `nats://host:4222` or `tls://host:4222`. Tried in turn, beginning at a random one; servers that a
    /// cluster announces are not added, so that one attempt to connect has one time-out and no more.
    package var servers: [String]
    /// Shown by the server's monitoring (`CONNECT name`).
    package var name: String
    package var credentials: Credentials
    /// `nil` leaves TLS to the URL's scheme and to the server.
    package var tls: TLSConfiguration?
    /// The first tokens of the loop's own inbox (its echo). The user must be allowed to publish and subscribe below it.
    package var inboxPrefix: String
    package var replyPrefixes: ReplyPrefixes
    package var limits: TransportLimits

    package init(
        servers: [String] = ["nats://127.0.0.1:4222"],
        name: String = "token-service",
        credentials: Credentials = .none,
        tls: TLSConfiguration? = nil,
        inboxPrefix: String = "_INBOX",
        replyPrefixes: ReplyPrefixes = .default,
        limits: TransportLimits = TransportLimits()
    ) {
        self.servers = servers
        self.name = name
        self.credentials = credentials
        self.tls = tls
        self.inboxPrefix = inboxPrefix
        self.replyPrefixes = replyPrefixes
        self.limits = limits
    }
}
