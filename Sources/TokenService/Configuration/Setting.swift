/// One thing that an operator can set: its names, its range, what it is when nobody says, and why one would.
///
/// This table is the only list of settings there is: the flags' help, the environment's names, the checks and the
/// printed reference all come from it.
struct Setting: Sendable {
    enum Value: Sendable {
        case text
        case integer(ClosedRange<Int>)
        case choice([String])
    }

    /// The flag without its dashes.
    let name: String
    let value: Value
    let defaultValue: String?
    let help: String
    /// A variable of the `nats` command line tool that is honoured after this service's own.
    let sharedVariable: String?

    init(
        _ name: String, _ value: Value, default defaultValue: String? = nil, sharedVariable: String? = nil,
        _ help: String
    ) {
        self.name = name
        self.value = value
        self.defaultValue = defaultValue
        self.help = help
        self.sharedVariable = sharedVariable
    }

    var flag: String { "--\(name)" }

    static let variablePrefix = "TOKEN_SERVICE_"

    /// `access-lifetime` is `TOKEN_SERVICE_ACCESS_LIFETIME` in the environment.
    var variable: String {
        Self.variablePrefix + name.uppercased().replacing("-", with: "_")
    }

    /// What stands for the value in the help.
    var valueName: String {
        switch value {
        case .text: "text"
        case .integer: "n"
        case .choice: "word"
        }
    }

    /// Help with the range, the default and the other names.
    var fullHelp: String {
        var text = help
        switch value {
        case .text: break
        case .integer(let range): text += " (\(range.lowerBound) to \(range.upperBound))"
        case .choice(let words): text += " (\(words.joined(separator: ", ")))"
        }
        if let defaultValue { text += " Default: \(defaultValue.hasSuffix(".") ? "`\(defaultValue)`" : defaultValue)." }
        text += " [\(variable)\(sharedVariable.map { ", \($0)" } ?? "")]"
        return text
    }
}

extension Setting {
    // Keys and tokens.
    static let keys = Setting("keys", .text, "File with the private JWK Set, mode 0600; `token-service keys generate` makes one.")
    static let algorithm = Setting(
        "algorithm", .choice(["EdDSA", "ES256", "RS256", "HS256"]), default: "EdDSA",
        "What access tokens are signed with. Refresh tokens are always HS256.")
    static let issuer = Setting("issuer", .text, default: "token-service", "The tokens' `iss`; the same for all replicas.")
    static let accessLifetime = Setting(
        "access-lifetime", .integer(1...3_153_600_000), default: "900", "Seconds an access token is good for.")
    static let refreshIdleLifetime = Setting(
        "refresh-idle-lifetime", .integer(1...3_153_600_000), default: "604800",
        "Seconds a refresh token can lie unused.")
    static let familyLifetime = Setting(
        "family-lifetime", .integer(1...3_153_600_000), default: "2592000",
        "Seconds from log-in after which only a new log-in helps, however often was refreshed.")
    static let leeway = Setting("leeway", .integer(0...300), default: "5", "Seconds by which clocks may differ.")
    static let refreshGrace = Setting(
        "refresh-grace", .integer(0...3_153_600_000), default: "10",
        """
        Seconds after a refresh in which the same refresh token gets the same answer again; with --ledger jetstream at least \
        two more than --leeway.
        """)

    // Requests.
    static let maxRequestBytes = Setting(
        "max-request-bytes", .integer(1_024...1_048_576), default: "16384", "Largest request taken.")
    static let maxIDBytes = Setting(
        "max-id-bytes", .integer(1...65_536), default: "1024", "Longest user id, in bytes of UTF-8.")
    static let maxTokenBytes = Setting(
        "max-token-bytes", .integer(512...65_536), default: "8192", "Largest token taken or issued.")

    // The bus.
    static let subjectPrefix = Setting(
        "subject-prefix", .text, "Put before every subject: `p` serves `p.verify_token`.")
    static let queueGroup = Setting("queue-group", .text, default: "q", "The queue group that replicas share.")
    static let replyPrefixes = Setting(
        "reply-prefixes", .text, default: "_INBOX,_R_.",
        "Where replies may go, comma-separated. A request with another reply subject is dropped.")
    static let loops = Setting(
        "loops", .integer(1...64), "Request loops, each a thread with a connection and a memory of verified tokens of its own. Default: half the cores.")
    static let cachedTokens = Setting(
        "cached-tokens", .integer(1_024...1_048_576), default: "16384",
        """
        Verified tokens that each loop remembers, 1.4 KB each, rounded up to a power of two: about twice as many as live tokens \
        are presented to this replica. What is not remembered costs its signature again.
        """)
    static let natsURL = Setting(
        "nats-url", .text, default: "nats://127.0.0.1:4222", sharedVariable: "NATS_URL", "NATS servers, comma-separated.")
    static let natsUser = Setting("nats-user", .text, sharedVariable: "NATS_USER", "NATS user.")
    static let natsPassword = Setting(
        "nats-password", .text, sharedVariable: "NATS_PASSWORD", "That user's password; rather set in the environment.")
    static let natsToken = Setting(
        "nats-token", .text, sharedVariable: "NATS_TOKEN", "NATS authentication token; rather set in the environment.")
    static let natsNKey = Setting("nats-nkey", .text, sharedVariable: "NATS_NKEY", "File with the user's NKey seed.")
    static let natsNKeyPublic = Setting(
        "nats-nkey-public", .text, "The public key (`U…`) that belongs to the seed of --nats-nkey.")
    static let natsCredentials = Setting("nats-creds", .text, sharedVariable: "NATS_CREDS", "NATS credentials file.")
    static let natsAuthority = Setting(
        "nats-ca", .text, sharedVariable: "NATS_CA", "File with the certificates of authorities to trust; turns TLS on.")
    static let natsCertificate = Setting(
        "nats-cert", .text, sharedVariable: "NATS_CERT", "File with the client certificate; turns TLS on.")
    static let natsHostname = Setting(
        "nats-tls-hostname", .text, "The name that the server's certificate must have, when it is not the URL's.")
    static let natsInboxPrefix = Setting(
        "nats-inbox-prefix", .text, default: "_INBOX",
        "Where the request loops' own inboxes are. A user with narrow permissions must be allowed to publish and subscribe below it.")
    static let natsKey = Setting("nats-key", .text, sharedVariable: "NATS_KEY", "File with the client certificate's key.")

    // The service.
    static let ledger = Setting(
        "ledger", .choice(["jetstream", "memory"]), default: "jetstream",
        "Where redemptions and revocations are kept. `memory` is for tests and a first look: alone and not durable.")
    static let ledgerReplicas = Setting(
        "ledger-replicas", .choice(["1", "3", "5"]), default: "1",
        "Servers that hold the ledger's stream. With 1 its server's disk is all there is; 3 survive the loss of one.")
    static let maxStaleness = Setting(
        "max-staleness", .integer(5...300), default: "15",
        "Seconds without proof of what the ledger holds after which this replica answers nothing.")
    static let blacklistMemory = Setting(
        "blacklist-memory", .integer(16...65_536), default: "512",
        "MiB that each of the two blacklists, families and access tokens, may take. Beyond it blacklistings are refused; nothing is forgotten.")
    static let ledgerUser = Setting(
        "ledger-nats-user", .text, "NATS user of the ledger's connection. Without any --ledger-nats credentials it is the request loops'.")
    static let ledgerPassword = Setting(
        "ledger-nats-password", .text, "That user's password; rather set in the environment.")
    static let ledgerToken = Setting(
        "ledger-nats-token", .text, "NATS authentication token of the ledger's connection; rather set in the environment.")
    static let ledgerNKey = Setting("ledger-nats-nkey", .text, "File with the NKey seed of the ledger's user.")
    static let ledgerNKeyPublic = Setting(
        "ledger-nats-nkey-public", .text, "The public key (`U…`) that belongs to the seed of --ledger-nats-nkey.")
    static let ledgerCredentials = Setting("ledger-nats-creds", .text, "NATS credentials file of the ledger's user.")
    static let ledgerInboxPrefix = Setting(
        "ledger-nats-inbox-prefix", .text, default: "_INBOX", "Where the inboxes of the ledger's connection are.")
    static let logLevel = Setting(
        "log-level", .choice(["trace", "debug", "info", "notice", "warning", "error"]), default: "info",
        "Least severity logged.")
    static let http = Setting(
        "http", .choice(["off"]), default: "off", "Address of the operations endpoint; this version has none.")

    static let all: [Setting] = [
        keys, algorithm, issuer, accessLifetime, refreshIdleLifetime, familyLifetime, leeway, refreshGrace,
        maxRequestBytes, maxIDBytes, maxTokenBytes, subjectPrefix, queueGroup, replyPrefixes, loops, cachedTokens, natsURL, natsUser,
        natsPassword, natsToken, natsNKey, natsNKeyPublic, natsCredentials, natsAuthority, natsCertificate, natsKey,
        natsHostname, natsInboxPrefix, ledger, ledgerReplicas, maxStaleness, blacklistMemory, ledgerUser, ledgerPassword,
        ledgerToken, ledgerNKey, ledgerNKeyPublic, ledgerCredentials, ledgerInboxPrefix, logLevel, http,
    ]
}
