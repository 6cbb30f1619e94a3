import ArgumentParser

/// The settings of `serve` as flags. Every one can be left out: the environment, then the default, takes its place.
struct ServeOptions: ParsableArguments {
    @Option(.keys) var keys: String?
    @Option(.algorithm) var algorithm: String?
    @Option(.issuer) var issuer: String?
    @Option(.accessLifetime) var accessLifetime: String?
    @Option(.refreshIdleLifetime) var refreshIdleLifetime: String?
    @Option(.familyLifetime) var familyLifetime: String?
    @Option(.leeway) var leeway: String?
    @Option(.refreshGrace) var refreshGrace: String?
    @Option(.maxRequestBytes) var maxRequestBytes: String?
    @Option(.maxIDBytes) var maxIDBytes: String?
    @Option(.maxTokenBytes) var maxTokenBytes: String?
    @Option(.queueGroup) var queueGroup: String?
    @Option(.replyPrefixes) var replyPrefixes: String?
    @Option(.loops) var loops: String?
    @Option(.ledger) var ledger: String?
    @Option(.logLevel) var logLevel: String?
    @Option(.http) var http: String?
    @OptionGroup(title: "Bus") var bus: BusOptions

    var flags: [String: String] {
        var flags = bus.flags
        let own: [(Setting, String?)] = [
            (.keys, keys), (.algorithm, algorithm), (.issuer, issuer), (.accessLifetime, accessLifetime),
            (.refreshIdleLifetime, refreshIdleLifetime), (.familyLifetime, familyLifetime), (.leeway, leeway),
            (.refreshGrace, refreshGrace), (.maxRequestBytes, maxRequestBytes), (.maxIDBytes, maxIDBytes),
            (.maxTokenBytes, maxTokenBytes), (.queueGroup, queueGroup), (.replyPrefixes, replyPrefixes),
            (.loops, loops), (.ledger, ledger), (.logLevel, logLevel), (.http, http),
        ]
        for (setting, value) in own { flags[setting.name] = value }
        return flags
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
            help: ArgumentHelp(stringLiteral: setting.fullHelp))
    }
}
