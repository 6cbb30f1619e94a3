import JetStreamLedger
import NATSTransport

extension NATSConfiguration {
    /// Servers, authentication, TLS and reply prefixes. Two ways to authenticate at once are a mistake, and refused.
    init(_ settings: Settings) throws(ConfigurationError) {
        self.init(
            servers: settings.list(.natsURL),
            credentials: try Self.credentials(settings, .requests) ?? .none,
            tls: try Self.tls(settings),
            inboxPrefix: try Self.inboxPrefix(settings, .natsInboxPrefix),
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

    /// The same for the ledger's connection, which has a user of its own where the operator wants it so.
    func forLedger(_ settings: Settings) throws(ConfigurationError) -> NATSConfiguration {
        var configuration = self
        configuration.name = "token-service ledger"
        configuration.credentials = try Self.credentials(settings, .ledger) ?? credentials
        configuration.inboxPrefix = try Self.inboxPrefix(settings, .ledgerInboxPrefix)
        return configuration
    }

    /// The settings by which one connection authenticates.
    private struct CredentialSettings {
        let user, password, token, nkey, nkeyPublic, file: Setting

        static let requests = CredentialSettings(
            user: .natsUser, password: .natsPassword, token: .natsToken, nkey: .natsNKey, nkeyPublic: .natsNKeyPublic,
            file: .natsCredentials)
        static let ledger = CredentialSettings(
            user: .ledgerUser, password: .ledgerPassword, token: .ledgerToken, nkey: .ledgerNKey,
            nkeyPublic: .ledgerNKeyPublic, file: .ledgerCredentials)
    }

    /// One way to authenticate: of those set, the one from the nearest source. Two from the same source, or one beside
    /// a user in the URL, are a mistake. Nil when none is set.
    private static func credentials(
        _ settings: Settings, _ names: CredentialSettings
    ) throws(ConfigurationError) -> Credentials? {
        guard settings.text(names.password) == nil || settings.text(names.user) != nil else {
            throw ConfigurationError("\(names.password.flag) is nothing without \(names.user.flag): set both")
        }
        let ways = settings.nearest([names.user, names.token, names.nkey, names.file])
        var flags = ways.map(\.flag)
        if !ways.isEmpty, settings.list(.natsURL).contains(where: { $0.contains("@") }) { flags.append("a user in --nats-url") }
        guard flags.count <= 1 else {
            throw ConfigurationError("\(flags.joined(separator: " and ")) exclude each other: set one way to authenticate")
        }
        guard let way = ways.first, let value = settings.text(way) else { return nil }
        switch way.name {
        case names.user.name: return .userPassword(user: value, password: settings.text(names.password) ?? "")
        case names.token.name: return .token(value)
        case names.file.name: return .credentialsFile(value)
        default:
            guard let publicKey = settings.text(names.nkeyPublic) else {
                throw ConfigurationError(
                    "\(names.nkey.flag) needs \(names.nkeyPublic.flag), the public key that belongs to the seed")
            }
            return .nkey(publicKey: publicKey, seedFile: value)
        }
    }

    /// Every token literal, or the loop would hear others' messages as its own.
    private static func inboxPrefix(_ settings: Settings, _ setting: Setting) throws(ConfigurationError) -> String {
        let prefix = try settings.text(required: setting)
        guard prefix.split(separator: ".", omittingEmptySubsequences: false).allSatisfy({ SubjectPrefix.isLiteral(String($0)) }),
            !prefix.hasPrefix("$")
        else {
            throw ConfigurationError(
                "\(setting.flag) must be subject tokens joined by dots, such as `_INBOX`, without white space, `*` and `>`, and not below `$`: '\(prefix)'")
        }
        return prefix
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
        // Or a caller's reply subject could be the ledger's.
        let ledger = LedgerSubject.prefix
        for prefix in prefixes where prefix.hasPrefix(ledger) || ledger.hasPrefix(prefix) {
            throw ConfigurationError(
                "--reply-prefixes must not allow reply subjects below `\(ledger)`, where the ledger's records are: '\(prefix)'")
        }
        guard !prefixes.isEmpty else { throw ConfigurationError("--reply-prefixes must name a prefix: without one nobody gets an answer") }
        return ReplyPrefixes(prefixes)
    }
}
