import FoundationEssentials
import JetStreamLedger
import JOSE
import NATSTransport
import TokenContract
import TokenOperations

/// What a replica runs with, made of settings that were each checked, and that hold together.
struct ServiceConfiguration: Sendable {
    var keyFile: String
    var algorithm: SignatureAlgorithm
    var policy: TokenPolicy
    var limits: RequestLimits
    var subjects: SubjectPrefix
    var queueGroup: String
    var loops: Int
    /// Of each loop.
    var cachedTokens: Int
    var nats: NATSConfiguration
    /// Nil: the ledger is in memory.
    var ledger: LedgerConfiguration?
    /// Of each of the two blacklists.
    var blacklistMemoryBytes: Int

    init(_ settings: Settings) throws(ConfigurationError) {
        keyFile = try settings.text(required: .keys)
        let name = try settings.text(required: .algorithm)
        guard let algorithm = SignatureAlgorithm(rawValue: name) else {
            throw ConfigurationError("--algorithm \(name) is not supported")
        }
        self.algorithm = algorithm
        policy = try Self.policy(settings)
        limits = try Self.limits(settings)
        subjects = try SubjectPrefix(settings.text(.subjectPrefix))
        queueGroup = try settings.text(required: .queueGroup)
        guard SubjectPrefix.isLiteral(queueGroup) else {
            throw ConfigurationError("--queue-group must be a name without white space, `*` and `>`, not '\(queueGroup)'")
        }
        loops = settings.integer(.loops) ?? max(1, ProcessInfo.processInfo.activeProcessorCount / 2)
        cachedTokens = try settings.integer(required: .cachedTokens)
        nats = try NATSConfiguration(settings)
        // Otherwise a caller's reply subject could be one of the service's own.
        for operation in Operation.allCases {
            let subject = operation.subject(prefix: subjects.prefix)
            guard !nats.replyPrefixes.accepts(subject) else {
                throw ConfigurationError(
                    "--subject-prefix must not make subjects that --reply-prefixes allows as reply subjects: \(subject)")
            }
        }
        blacklistMemoryBytes = try settings.integer(required: .blacklistMemory) << 20
        ledger = settings.text(.ledger) == "memory" ? nil : try LedgerConfiguration(settings, nats: nats, policy: policy)
    }

    /// How long tokens live; the values hold together.
    static func policy(_ settings: Settings) throws(ConfigurationError) -> TokenPolicy {
        var policy = TokenPolicy()
        policy.issuer = try settings.text(required: .issuer)
        policy.accessLifetime = Int64(try settings.integer(required: .accessLifetime))
        policy.refreshIdleLifetime = Int64(try settings.integer(required: .refreshIdleLifetime))
        policy.familyLifetime = Int64(try settings.integer(required: .familyLifetime))
        policy.leeway = Int64(try settings.integer(required: .leeway))
        policy.refreshGrace = Int64(try settings.integer(required: .refreshGrace))
        do throws(TokenPolicyError) {
            try policy.validate()
        } catch {
            throw ConfigurationError(error.description)
        }
        return policy
    }

    private static func limits(_ settings: Settings) throws(ConfigurationError) -> RequestLimits {
        let limits = RequestLimits(
            maxRequestBytes: try settings.integer(required: .maxRequestBytes),
            maxIDBytes: try settings.integer(required: .maxIDBytes),
            maxTokenBytes: try settings.integer(required: .maxTokenBytes))
        if let contradiction = limits.contradiction { throw ConfigurationError(contradiction) }
        return limits
    }
}

/// What is put before every subject, or nothing.
struct SubjectPrefix: Sendable {
    let prefix: String?

    init(_ prefix: String?) throws(ConfigurationError) {
        if let prefix {
            // The ledger's stream would take every request for a record.
            guard prefix != "ledger", !prefix.hasPrefix("ledger.") else {
                throw ConfigurationError("--subject-prefix must not be below `ledger`: those subjects are the ledger's own")
            }
            guard prefix.split(separator: ".", omittingEmptySubsequences: false).allSatisfy({ Self.isLiteral(String($0)) }) else {
                throw ConfigurationError(
                    "--subject-prefix must be subject tokens joined by dots, without white space, `*` and `>`, not '\(prefix)'")
            }
        }
        self.prefix = prefix
    }

    /// A token of a NATS subject that is no wildcard.
    static func isLiteral(_ token: String) -> Bool {
        !token.isEmpty && token.unicodeScalars.allSatisfy { $0.value > 0x20 && $0.value != 0x7f && $0 != "*" && $0 != ">" }
    }
}
