import ArgumentParser
import JOSE
import JetStreamLedger
import NATSTransport
import Testing
import TokenContract
import TokenOperations

@testable import TokenService

@Suite("Settings: flags over environment over defaults, and nothing misspelled is ignored")
struct SettingsTests {
    @Test("Each source is overruled by the one before it")
    func order() throws {
        let environment = ["TOKEN_SERVICE_ISSUER": "from environment", "NATS_URL": "nats://shared:1"]
        let flags = ["issuer": "from flag"]
        #expect(try Settings(flags: [:], environment: [:]).text(.issuer) == "token-service")
        #expect(try Settings(flags: [:], environment: environment).text(.issuer) == "from environment")
        #expect(try Settings(flags: flags, environment: environment).text(.issuer) == "from flag")
        #expect(try Settings(flags: [:], environment: environment).text(.natsURL) == "nats://shared:1")
        let both = environment.merging(["TOKEN_SERVICE_NATS_URL": "nats://own:1"]) { $1 }
        #expect(try Settings(flags: [:], environment: both).text(.natsURL) == "nats://own:1")
    }

    @Test("A variable that is set to nothing is not set")
    func emptyVariable() throws {
        let settings = try Settings(flags: [:], environment: ["TOKEN_SERVICE_ISSUER": "", "NATS_URL": ""])
        #expect(settings.text(.issuer) == "token-service")
        #expect(settings.text(.natsURL) == "nats://127.0.0.1:4222")
    }

    @Test("A variable that no setting has is an error that names it")
    func unknownVariable() throws {
        let error = #expect(throws: ConfigurationError.self) {
            try Settings(flags: [:], environment: ["TOKEN_SERVICE_ACESS_LIFETIME": "60"])
        }
        #expect(error?.description.contains("TOKEN_SERVICE_ACESS_LIFETIME") == true)
    }

    @Test("What Kubernetes says of a Service of this name is no setting, and no error")
    func serviceLinks() throws {
        let links = [
            "TOKEN_SERVICE_SERVICE_HOST": "10.0.0.1", "TOKEN_SERVICE_SERVICE_PORT": "9464",
            "TOKEN_SERVICE_SERVICE_PORT_HTTP": "9464", "TOKEN_SERVICE_PORT": "tcp://10.0.0.1:9464",
            "TOKEN_SERVICE_PORT_9464_TCP_ADDR": "10.0.0.1",
        ]
        #expect(try Settings(flags: [:], environment: links).text(.issuer) == "token-service")
    }

    @Test("A grace that cannot cover a retry after a 503 is refused with JetStream, and says why; alone in memory it can be")
    func shortGrace() throws {
        func configuration(_ flags: [String: String]) throws -> ServiceConfiguration {
            try ServiceConfiguration(Settings(flags: flags.merging(["keys": "k"]) { $1 }, environment: [:]))
        }
        let error = #expect(throws: ConfigurationError.self) { try configuration(["refresh-grace": "6"]) }
        #expect(error?.description.contains("--refresh-grace must be at least 7 s") == true)
        #expect(error?.description.contains("503") == true)
        #expect(try configuration(["refresh-grace": "7"]).ledger?.times == LedgerTimes(grace: 7, leeway: 5))
        #expect(try configuration(["refresh-grace": "2", "leeway": "0"]).ledger?.times.requestMilliseconds == 1_500)
        #expect(try configuration(["refresh-grace": "0", "ledger": "memory"]).ledger == nil)
    }

    @Test(
        "A value out of range or of another kind is an error that says the range",
        arguments: [
            ("access-lifetime", "0"), ("access-lifetime", "15m"), ("access-lifetime", "1.5"), ("leeway", "-1"),
            ("loops", "0"), ("loops", "65"), ("algorithm", "none"), ("algorithm", "eddsa"), ("ledger", "redis"),
            ("max-request-bytes", "99999999999999999999"),
        ])
    func outOfRange(name: String, value: String) throws {
        let error = #expect(throws: ConfigurationError.self) { try Settings(flags: [name: value], environment: [:]) }
        #expect(error?.description.contains("--\(name)") == true)
        let variable = "TOKEN_SERVICE_" + name.uppercased().replacing("-", with: "_")
        #expect(throws: ConfigurationError.self) { try Settings(flags: [:], environment: [variable: value]) }
    }

    @Test("Every setting's default is in its own range")
    func defaultsAreInRange() throws {
        for setting in Setting.all {
            if let value = setting.defaultValue { try setting.check(value) }
        }
        #expect(Set(Setting.all.map(\.name)).count == Setting.all.count)
    }

    /// What is enough to serve.
    private let enough = ["keys": "keys.jwks", "ledger": "memory"]

    @Test("The defaults make the documented configuration")
    func defaults() throws {
        let configuration = try ServiceConfiguration(Settings(flags: enough, environment: [:]))
        #expect(configuration.policy == TokenPolicy())
        #expect(configuration.limits == RequestLimits.default)
        #expect(configuration.algorithm == .edDSA)
        #expect(configuration.queueGroup == "q")
        #expect(configuration.loops >= 1)
        #expect(configuration.nats.replyPrefixes.prefixes == ["_INBOX", "_R_."])
    }

    @Test(
        "Servers can be named in every way that NATS clients know",
        arguments: [
            "nats://127.0.0.1:4222", "localhost", "localhost:4222", "tls://nats.example:443", "nats://user:p@ss@h:1",
            "nats://[::1]:4222", "nats://[::1]", "nats://a:1,nats://b:2", " nats://a , nats://b ", "nats://host:4222/", "a, ,b",
        ])
    func servers(url: String) throws {
        let flags = enough.merging(["nats-url": url]) { $1 }
        #expect(throws: Never.self) { try ServiceConfiguration(Settings(flags: flags, environment: [:])) }
    }

    @Test("Of several ways to authenticate the nearest counts: a flag over the environment, ours over the shared one")
    func nearestCredentials() throws {
        func credentials(_ flags: [String: String], _ environment: [String: String]) throws -> Credentials {
            try ServiceConfiguration(
                Settings(flags: enough.merging(flags) { $1 }, environment: environment)
            ).nats.credentials
        }
        let shared = ["NATS_CREDS": "shared.creds"]
        guard case .credentialsFile("shared.creds") = try credentials([:], shared) else {
            Issue.record("the shared variable was not honoured")
            return
        }
        guard case .token("t") = try credentials(["nats-token": "t"], shared) else {
            Issue.record("the flag did not win")
            return
        }
        guard case .userPassword("u", "p") = try credentials(
            ["nats-user": "u"], shared.merging(["TOKEN_SERVICE_NATS_PASSWORD": "p"]) { $1 })
        else {
            Issue.record("the password did not come from the environment")
            return
        }
    }

    @Test("The ledger's connection has the requests' user until it is given one of its own")
    func ledgerCredentials() throws {
        func ledger(_ flags: [String: String]) throws -> Credentials? {
            let flags = enough.merging(["ledger": "jetstream", "nats-user": "requests"]) { $1 }.merging(flags) { $1 }
            return try ServiceConfiguration(Settings(flags: flags, environment: [:])).ledger?.nats.credentials
        }
        guard case .userPassword("requests", "") = try ledger([:]) else {
            Issue.record("not the requests' user")
            return
        }
        guard case .userPassword("own", "p") = try ledger(["ledger-nats-user": "own", "ledger-nats-password": "p"]) else {
            Issue.record("not its own user")
            return
        }
    }

    @Test("Every setting in the table is a flag of `serve` that takes effect")
    func everySettingIsAFlag() throws {
        let arguments = Setting.all.flatMap { ["\($0.flag)", "value-of-\($0.name)"] }
        let options = try ServeOptions.parse(arguments)
        for setting in Setting.all { #expect(options.flags[setting.name] == "value-of-\(setting.name)") }
    }

    @Test(
        "Values that contradict each other, or cannot be a subject, are refused before anything starts",
        arguments: [
            ["access-lifetime": "1000", "refresh-idle-lifetime": "999"],
            ["refresh-idle-lifetime": "1000", "access-lifetime": "10", "family-lifetime": "999"],
            ["leeway": "20", "access-lifetime": "10"],
            ["max-token-bytes": "16384"],
            ["subject-prefix": "a.*"], ["subject-prefix": "a..b"], ["subject-prefix": "."], ["subject-prefix": "a b"],
            ["queue-group": "a b"], ["queue-group": ">"],
            ["reply-prefixes": "$JS"], ["reply-prefixes": ","], ["reply-prefixes": "_INBOX,>"],
            ["reply-prefixes": "_INBOX,ledger"], ["reply-prefixes": "ledger.revoked"], ["reply-prefixes": "led"],
            ["nats-user": "u", "nats-token": "t"], ["nats-password": "p"], ["nats-url": "nats://u:p@h", "nats-token": "t"],
            ["subject-prefix": "_INBOX.p"], ["subject-prefix": "_R_.p"], ["nats-nkey": "f"], ["nats-cert": "c.pem"], ["nats-url": ","],
            ["nats-url": "http://127.0.0.1"], ["nats-url": "foo bar"], ["nats-url": "nats://"], ["nats-url": "nats://h:0"],
            ["nats-url": "nats://h:65536"], ["nats-url": "nats://h:x"], ["nats-url": "nats://h/p"], ["nats-url": "nats://h//"], ["nats-url": "nats://a:1,:2"],
            ["ledger-replicas": "2"], ["nats-inbox-prefix": "a.*"], ["nats-inbox-prefix": "$JS"], ["keys": ""],
            ["subject-prefix": "ledger"], ["subject-prefix": "ledger.p"],
            ["ledger": "jetstream", "ledger-nats-user": "u", "ledger-nats-token": "t"],
            ["ledger": "jetstream", "ledger-nats-password": "p"], ["ledger": "jetstream", "ledger-nats-nkey": "f"],
            ["ledger": "jetstream", "ledger-nats-inbox-prefix": "a..b"],
        ])
    func contradictions(flags: [String: String]) throws {
        let flags = enough.merging(flags) { $1 }
        #expect(throws: ConfigurationError.self) {
            try ServiceConfiguration(Settings(flags: flags, environment: [:]))
        }
    }
}
