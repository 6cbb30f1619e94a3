import Configuration
import FoundationEssentials

/// The values in force: flags over the environment over the defaults, each checked against its row in the table.
struct Settings: Sendable {
    /// Where a value can come from, the first that has it first.
    enum Source: CaseIterable { case flags, environment, sharedEnvironment, defaults }

    private let values: [String: String]
    private let sources: [String: Source]

    /// - Parameters:
    ///   - flags: by setting name.
    ///   - environment: the process's; a `TOKEN_SERVICE_` variable that no setting has is an error, because a
    ///     misspelled setting that is silently ignored is found out in production.
    init(flags: [String: String], environment: [String: String] = ProcessInfo.processInfo.environment) throws(ConfigurationError) {
        let known = Set(Setting.all.map(\.variable))
        for variable in environment.keys.sorted() where variable.hasPrefix(Setting.variablePrefix) {
            guard known.contains(variable) || Self.isServiceLink(variable) else {
                throw ConfigurationError("\(variable) is not a setting; `token-service serve --help` lists them")
            }
        }
        let reader = ConfigReader(providers: [
            InMemoryProvider(
                name: "flags",
                values: Dictionary(uniqueKeysWithValues: flags.map { (Self.key($0), ConfigValue(stringLiteral: $1)) })),
            // A variable that is set to nothing is a variable that is not set.
            EnvironmentVariablesProvider(environmentVariables: environment.filter { !$0.value.isEmpty }),
            InMemoryProvider(
                name: "nats environment",
                values: Dictionary(
                    uniqueKeysWithValues: Setting.all.compactMap { setting in
                        setting.sharedVariable.flatMap { environment[$0] }.flatMap { $0.isEmpty ? nil : $0 }.map {
                            (Self.key(setting.name), ConfigValue(stringLiteral: $0))
                        }
                    })),
            InMemoryProvider(
                name: "defaults",
                values: Dictionary(
                    uniqueKeysWithValues: Setting.all.compactMap { setting in
                        setting.defaultValue.map { (Self.key(setting.name), ConfigValue(stringLiteral: $0)) }
                    })),
        ])
        var values: [String: String] = [:]
        var sources: [String: Source] = [:]
        for setting in Setting.all {
            guard let value = reader.string(forKey: ConfigKey(Self.key(setting.name).components)) else { continue }
            try setting.check(value)
            values[setting.name] = value
            sources[setting.name] = Self.source(of: setting, flags, environment)
        }
        self.values = values
        self.sources = sources
    }

    private static func source(of setting: Setting, _ flags: [String: String], _ environment: [String: String]) -> Source {
        if flags[setting.name] != nil { return .flags }
        if environment[setting.variable]?.isEmpty == false { return .environment }
        return setting.sharedVariable.flatMap { environment[$0] }?.isEmpty == false ? .sharedEnvironment : .defaults
    }

    /// Which of these settings come from the first source that sets any of them: of several ways to do the same thing
    /// the one that is said nearest to the command counts.
    func nearest(_ settings: [Setting]) -> [Setting] {
        let set = settings.filter { text($0) != nil }
        guard let source = Source.allCases.first(where: { source in set.contains { sources[$0.name] == source } }) else {
            return []
        }
        return set.filter { sources[$0.name] == source }
    }

    /// What Kubernetes and docker links put into the environment of everything that runs beside a Service of the name
    /// `token-service`: its host and ports. No setting begins so.
    private static func isServiceLink(_ variable: String) -> Bool {
        let name = variable.dropFirst(Setting.variablePrefix.count)
        return name == "PORT" || ["PORT_", "SERVICE_HOST", "SERVICE_PORT"].contains { name.hasPrefix($0) }
    }

    /// `access-lifetime` is `token.service.access.lifetime`, which the environment spells `TOKEN_SERVICE_ACCESS_LIFETIME`.
    private static func key(_ name: String) -> AbsoluteConfigKey {
        AbsoluteConfigKey(["token", "service"] + name.split(separator: "-").map(String.init))
    }

    func text(_ setting: Setting) -> String? {
        values[setting.name].flatMap { $0.isEmpty ? nil : $0 }
    }

    func text(required setting: Setting) throws(ConfigurationError) -> String {
        guard let value = text(setting) else {
            throw ConfigurationError("\(setting.flag) (or \(setting.variable)) is required: \(setting.help)")
        }
        return value
    }

    func integer(_ setting: Setting) -> Int? {
        values[setting.name].flatMap { Int($0) }
    }

    /// A setting whose default is a number.
    func integer(required setting: Setting) throws(ConfigurationError) -> Int {
        guard let value = integer(setting) else { throw ConfigurationError("\(setting.flag) is required: \(setting.help)") }
        return value
    }

    /// Comma-separated; white space around parts, and parts that hold nothing else, are left out.
    func list(_ setting: Setting) -> [String] {
        (text(setting) ?? "").split(separator: ",").map { String($0).trimmed() }.filter { !$0.isEmpty }
    }
}

extension Setting {
    /// Refuses a value that is out of range or of another kind, with the range.
    func check(_ text: String) throws(ConfigurationError) {
        switch value {
        case .text:
            break
        case .integer(let range):
            guard let number = Int(text), range.contains(number) else {
                throw ConfigurationError(
                    "\(flag) (or \(variable)) must be a whole number from \(range.lowerBound) to \(range.upperBound), not '\(text)'")
            }
        case .choice(let words):
            guard words.contains(text) else {
                throw ConfigurationError("\(flag) (or \(variable)) must be one of \(words.joined(separator: ", ")), not '\(text)'")
            }
        }
    }
}

/// A configuration that cannot be served with; the text says which setting, what it must be, and what to do.
struct ConfigurationError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}

extension String {
    fileprivate func trimmed() -> String {
        var view = self[...]
        while view.first == " " { view.removeFirst() }
        while view.last == " " { view.removeLast() }
        return String(view)
    }
}
