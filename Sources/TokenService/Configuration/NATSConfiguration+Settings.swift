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
        for server in servers { try Self.check(server: server) }
    }

    /// A URL that no attempt could ever reach is refused here: the loop would try it for ever. The text does not repeat
    /// the URL, which may hold a password.
    private static func check(server: String) throws(ConfigurationError) {
        func refuse(_ why: String) -> ConfigurationError {
            ConfigurationError("--nats-url must be like nats://127.0.0.1:4222 or tls://host:4222, comma-separated: \(why)")
        }
        let parts = server.split(separator: "://", maxSplits: 1, omittingEmptySubsequences: false)
        if parts.count == 2 {
            guard ["nats", "tls"].contains(parts[0]) else { throw refuse("the scheme is neither nats nor tls") }
        }
        var address = (parts.last ?? "").split(separator: "@", omittingEmptySubsequences: false).last ?? ""
        if address.last == "/" { address.removeLast() }
        guard server.unicodeScalars.allSatisfy({ $0.value > 0x20 && $0.value != 0x7f }) else { throw refuse("it holds white space") }
        guard !address.contains("/") else { throw refuse("it holds a path") }
        let hostEnd = address.lastIndex(of: ":").flatMap { address[$0...].contains("]") ? nil : $0 } ?? address.endIndex
        guard !address[..<hostEnd].isEmpty else { throw refuse("it names no host") }
        guard hostEnd == address.endIndex || UInt16(address[address.index(after: hostEnd)...]).map({ $0 > 0 }) == true else {
            throw refuse("the port is not a number from 1 to 65535")
        }
    }

    /// One way to authenticate: of those set, the one from the nearest source. Two from the same source, or one beside
    /// a user in the URL, are a mistake.
    private static func credentials(_ settings: Settings) throws(ConfigurationError) -> Credentials {
        guard settings.text(.natsPassword) == nil || settings.text(.natsUser) != nil else {
            throw ConfigurationError("--nats-password is nothing without --nats-user: set both")
        }
        let ways = settings.nearest([.natsUser, .natsToken, .natsNKey, .natsCredentials])
        var names = ways.map(\.flag)
        if !ways.isEmpty, settings.list(.natsURL).contains(where: { $0.contains("@") }) { names.append("a user in --nats-url") }
        guard names.count <= 1 else {
            throw ConfigurationError("\(names.joined(separator: " and ")) exclude each other: set one way to authenticate")
        }
        guard let way = ways.first, let value = settings.text(way) else { return .none }
        switch way.name {
        case Setting.natsUser.name: return .userPassword(user: value, password: settings.text(.natsPassword) ?? "")
        case Setting.natsToken.name: return .token(value)
        case Setting.natsCredentials.name: return .credentialsFile(value)
        default:
            guard let publicKey = settings.text(.natsNKeyPublic) else {
                throw ConfigurationError("--nats-nkey needs --nats-nkey-public, the public key that belongs to the seed")
            }
            return .nkey(publicKey: publicKey, seedFile: value)
        }
    }

    private static func tls(_ settings: Settings) throws(ConfigurationError) -> TLSConfiguration? {
        let authority = settings.text(.natsAuthority)
        let hostname = settings.text(.natsHostname)
        switch (settings.text(.natsCertificate), settings.text(.natsKey)) {
        case (let certificate?, let key?):
            return TLSConfiguration(
                authorityFile: authority,
                clientCertificate: .init(certificateFile: certificate, keyFile: key), expectedHostname: hostname)
        case (nil, nil):
            guard authority != nil || hostname != nil else { return nil }
            return TLSConfiguration(authorityFile: authority, expectedHostname: hostname)
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
