import ArgumentParser

/// The settings of `serve` as flags. Every one can be left out: the environment, then the default, takes its place.
struct ServeOptions: ParsableArguments {
    @Option(.keys) var keys: String?
    @Option(.algorithm) var algorithm: String?
    @Option(.issuer) var issuer: String?
    @OptionGroup var lifetimes: LifetimeOptions
    @Option(.maxRequestBytes) var maxRequestBytes: String?
    @Option(.maxIDBytes) var maxIDBytes: String?
    @Option(.maxTokenBytes) var maxTokenBytes: String?
    @Option(.queueGroup) var queueGroup: String?
    @Option(.replyPrefixes) var replyPrefixes: String?
    @Option(.loops) var loops: String?
    @Option(.natsInboxPrefix) var natsInboxPrefix: String?
    @Option(.maxStaleness) var maxStaleness: String?
    @Option(.blacklistMemory) var blacklistMemory: String?
    @Option(.logLevel) var logLevel: String?
    @Option(.http) var http: String?
    @OptionGroup(title: "Ledger") var ledger: LedgerOptions
    @OptionGroup(title: "Bus") var bus: BusOptions

    var flags: [String: String] {
        var flags = bus.flags.merging(ledger.flags) { $1 }.merging(lifetimes.flags) { $1 }
        let own: [(Setting, String?)] = [
            (.keys, keys), (.algorithm, algorithm), (.issuer, issuer), (.maxRequestBytes, maxRequestBytes), (.maxIDBytes, maxIDBytes),
            (.maxTokenBytes, maxTokenBytes), (.queueGroup, queueGroup), (.replyPrefixes, replyPrefixes),
            (.loops, loops), (.natsInboxPrefix, natsInboxPrefix), (.maxStaleness, maxStaleness),
            (.blacklistMemory, blacklistMemory), (.logLevel, logLevel), (.http, http),
        ]
        for (setting, value) in own { flags[setting.name] = value }
        return flags
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
