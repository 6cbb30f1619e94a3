import NATSTransport

extension NATSConfiguration {
    /// Servers, authentication, TLS and reply prefixes. Two ways to authenticate at once are a mistake, and refused.
    init(_ settings: Settings) throws(ConfigurationError) {
        self.init(
            servers: settings.list(.natsURL),
            credentials: try Self.credentials(settings),
            tls: try Self.tls(settings),
            replyPrefixes: try Self.replyPrefixes(settings))
        guard !servers.isEmpty else { throw ConfigurationError("--nats-url must name a server") }
    }

    private static func credentials(_ settings: Settings) throws(ConfigurationError) -> Credentials {
        var found: [(String, Credentials)] = []
        if let user = settings.text(.natsUser) {
            found.append(("--nats-user", .userPassword(user: user, password: settings.text(.natsPassword) ?? "")))
        }
        if let token = settings.text(.natsToken) { found.append(("--nats-token", .token(token))) }
        if let file = settings.text(.natsCredentials) { found.append(("--nats-creds", .credentialsFile(file))) }
        guard found.count <= 1 else {
            throw ConfigurationError(
                "\(found.map(\.0).joined(separator: " and ")) exclude each other: set one way to authenticate")
        }
        return found.first?.1 ?? .none
    }

    private static func tls(_ settings: Settings) throws(ConfigurationError) -> TLSConfiguration? {
        let authority = settings.text(.natsAuthority)
        switch (settings.text(.natsCertificate), settings.text(.natsKey)) {
        case (let certificate?, let key?):
            return TLSConfiguration(
                authorityFile: authority,
                clientCertificate: .init(certificateFile: certificate, keyFile: key))
        case (nil, nil):
            return authority.map { TLSConfiguration(authorityFile: $0) }
        default:
            throw ConfigurationError("--nats-cert and --nats-key belong together: set both or neither")
        }
    }

    private static func replyPrefixes(_ settings: Settings) throws(ConfigurationError) -> ReplyPrefixes {
        let prefixes = settings.list(.replyPrefixes)
        for prefix in prefixes {
            guard SubjectPrefix.isLiteral(prefix), !prefix.hasPrefix("."), !prefix.hasPrefix("$") else {
                throw ConfigurationError(
                    "--reply-prefixes must be the beginnings of inbox subjects such as `_INBOX`, without white space, `*` and `>`, and not below `$`: '\(prefix)'")
            }
        }
        guard !prefixes.isEmpty else { throw ConfigurationError("--reply-prefixes must name a prefix: without one nobody gets an answer") }
        return ReplyPrefixes(prefixes)
    }
}
