import ArgumentParser

/// The settings of `serve` as flags. Every one can be left out: the environment, then the default, takes its place.
struct ServeOptions: ParsableArguments {
    @OptionGroup(title: "Tokens") var tokens: TokenOptions
    @OptionGroup(title: "Ledger") var ledger: LedgerOptions
    @OptionGroup(title: "Bus") var bus: BusOptions
    @OptionGroup(title: "Bus") var serving: ServingOptions
    @OptionGroup(title: "Replica") var replica: ReplicaOptions

    var flags: [String: String] {
        [bus.flags, serving.flags, ledger.flags, replica.flags].reduce(tokens.flags) { $0.merging($1) { $1 } }
    }
}

/// What is issued.
struct TokenOptions: ParsableArguments {
    @Option(.keys) var keys: String?
    @Option(.algorithm) var algorithm: String?
    @Option(.issuer) var issuer: String?
    @OptionGroup var lifetimes: LifetimeOptions

    var flags: [String: String] {
        let own: [(Setting, String?)] = [(.keys, keys), (.algorithm, algorithm), (.issuer, issuer)]
        return lifetimes.flags.merging(own.compactMap { setting, value in value.map { (setting.name, $0) } }) { $1 }
    }
}

/// How a replica takes requests and replies to them.
struct ServingOptions: ParsableArguments {
    @Option(.natsInboxPrefix) var natsInboxPrefix: String?
    @Option(.queueGroup) var queueGroup: String?
    @Option(.replyPrefixes) var replyPrefixes: String?

    var flags: [String: String] {
        let own: [(Setting, String?)] = [
            (.natsInboxPrefix, natsInboxPrefix), (.queueGroup, queueGroup), (.replyPrefixes, replyPrefixes),
        ]
        return Dictionary(uniqueKeysWithValues: own.compactMap { setting, value in value.map { (setting.name, $0) } })
    }
}

/// What one replica takes upon itself.
struct ReplicaOptions: ParsableArguments {
    @Option(.loops) var loops: String?
    @Option(.cachedTokens) var cachedTokens: String?
    @Option(.maxStaleness) var maxStaleness: String?
    @Option(.blacklistMemory) var blacklistMemory: String?
    @Option(.maxRequestBytes) var maxRequestBytes: String?
    @Option(.maxIDBytes) var maxIDBytes: String?
    @Option(.maxTokenBytes) var maxTokenBytes: String?
    @Option(.logLevel) var logLevel: String?
    @Option(.http) var http: String?

    var flags: [String: String] {
        let own: [(Setting, String?)] = [
            (.loops, loops), (.cachedTokens, cachedTokens), (.maxStaleness, maxStaleness), (.blacklistMemory, blacklistMemory),
            (.maxRequestBytes, maxRequestBytes), (.maxIDBytes, maxIDBytes), (.maxTokenBytes, maxTokenBytes),
            (.logLevel, logLevel), (.http, http),
        ]
        return Dictionary(uniqueKeysWithValues: own.compactMap { setting, value in value.map { (setting.name, $0) } })
    }
}

/// How long tokens live, and so how long the ledger has to remember.
struct LifetimeOptions: ParsableArguments {
    @Option(.accessLifetime) var accessLifetime: String?
    @Option(.refreshIdleLifetime) var refreshIdleLifetime: String?
    @Option(.familyLifetime) var familyLifetime: String?
    @Option(.leeway) var leeway: String?
    @Option(.refreshGrace) var refreshGrace: String?

    var flags: [String: String] {
        let own: [(Setting, String?)] = [
            (.accessLifetime, accessLifetime), (.refreshIdleLifetime, refreshIdleLifetime),
            (.familyLifetime, familyLifetime), (.leeway, leeway), (.refreshGrace, refreshGrace),
        ]
        return Dictionary(uniqueKeysWithValues: own.compactMap { setting, value in value.map { (setting.name, $0) } })
    }
}

/// What finds the ledger, and makes it when it is not there.
struct LedgerOptions: ParsableArguments {
    @Option(.ledger) var ledger: String?
    @Option(.ledgerReplicas) var replicas: String?
    @Option(.ledgerUser) var user: String?
    @Option(.ledgerPassword) var password: String?
    @Option(.ledgerToken) var token: String?
    @Option(.ledgerNKey) var nkey: String?
    @Option(.ledgerNKeyPublic) var nkeyPublic: String?
    @Option(.ledgerCredentials) var credentials: String?
    @Option(.ledgerInboxPrefix) var inboxPrefix: String?

    var flags: [String: String] {
        let own: [(Setting, String?)] = [
            (.ledger, ledger), (.ledgerReplicas, replicas), (.ledgerUser, user), (.ledgerPassword, password),
            (.ledgerToken, token), (.ledgerNKey, nkey), (.ledgerNKeyPublic, nkeyPublic),
            (.ledgerCredentials, credentials), (.ledgerInboxPrefix, inboxPrefix),
        ]
        return Dictionary(uniqueKeysWithValues: own.compactMap { setting, value in value.map { (setting.name, $0) } })
    }
}

/// What `serve` and `call` need to find the servers and the subjects.
struct BusOptions: ParsableArguments {
    @Option(.subjectPrefix) var subjectPrefix: String?
    @Option(.natsURL) var natsURL: String?
    @Option(.natsUser) var natsUser: String?
    @Option(.natsPassword) var natsPassword: String?
    @Option(.natsToken) var natsToken: String?
    @Option(.natsNKey) var natsNKey: String?
    @Option(.natsNKeyPublic) var natsNKeyPublic: String?
    @Option(.natsCredentials) var natsCredentials: String?
    @Option(.natsAuthority) var natsAuthority: String?
    @Option(.natsCertificate) var natsCertificate: String?
    @Option(.natsKey) var natsKey: String?
    @Option(.natsHostname) var natsHostname: String?

    var flags: [String: String] {
        let own: [(Setting, String?)] = [
            (.subjectPrefix, subjectPrefix), (.natsURL, natsURL), (.natsUser, natsUser),
            (.natsPassword, natsPassword), (.natsToken, natsToken), (.natsNKey, natsNKey),
            (.natsNKeyPublic, natsNKeyPublic), (.natsCredentials, natsCredentials), (.natsAuthority, natsAuthority),
            (.natsCertificate, natsCertificate), (.natsKey, natsKey), (.natsHostname, natsHostname),
        ]
        return Dictionary(uniqueKeysWithValues: own.compactMap { setting, value in value.map { (setting.name, $0) } })
    }
}

extension Option where Value == String? {
    /// An option with the name and the help of its row in the table of settings.
    init(_ setting: Setting) {
        self.init(
            name: .customLong(setting.name),
            help: ArgumentHelp("\(setting.fullHelp)", valueName: setting.valueName))
    }
}
