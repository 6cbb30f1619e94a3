import ArgumentParser
import Glibc
import JetStreamLedger
import NATSTransport
import TokenOperations

struct LedgerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ledger",
        abstract: "Look into the ledger: how it stands, what it holds, whether it can be served from.",
        discussion: """
            Asks JetStream with the same settings as `serve`, flags and environment: the ledger's NATS user, or without one \
            the requests'. No record is written, but by `verify --probe`. No token and no key is ever shown: the ledger \
            holds none.

            Exit status: 0 all is well, 1 something is wrong, 2 the ledger was not reached or gave no answer, 64 a \
            misspelled command line. Where no replica has made the stream yet, `verify` exits with 0, because `serve` would \
            make it; `status` and `list`, which have nothing to tell of, with 1.
            """,
        subcommands: [Status.self, List.self, Verify.self])

    /// Where the ledger is.
    struct Access: ParsableArguments {
        @OptionGroup(title: "Ledger") var ledger: LedgerOptions
        @OptionGroup(title: "Bus") var bus: BusOptions

        func settings(_ more: [String: String] = [:]) throws -> Settings {
            let settings = try Settings(flags: bus.flags.merging(ledger.flags) { $1 }.merging(more) { $1 })
            guard settings.text(.ledger) != "memory" else {
                throw ConfigurationError("--ledger memory (or \(Setting.ledger.variable)) leaves nothing to look into")
            }
            return settings
        }
    }

    /// What the ledger has to be.
    struct Wanted: ParsableArguments {
        @OptionGroup var access: Access
        @OptionGroup(title: "Lifetimes") var lifetimes: LifetimeOptions

        func configuration() throws -> LedgerConfiguration {
            let settings = try access.settings(lifetimes.flags)
            return try LedgerConfiguration(
                settings, nats: NATSConfiguration(settings), policy: ServiceConfiguration.policy(settings))
        }
    }

    struct Status: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "What the server says of the stream, who follows it, and what is wrong.",
            discussion: """
                For the followers' names the NATS user needs to publish to $JS.API.CONSUMER.LIST.TOKEN_LEDGER, which \
                serving does not need.
                """)

        @Flag(help: "One JSON object instead of text.") var json = false
        @OptionGroup var wanted: Wanted

        func run() throws {
            let configuration = try wanted.configuration()
            try inspecting { output in
                let status = try LedgerClient(configuration.nats).status(configuration)
                output.write { json ? status.appendJSON(to: &$0) : status.appendText(to: &$0) }
                return status.troubles.isEmpty ? .success : .failure
            }
        }
    }

    struct Verify: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Whether this configuration can serve this ledger: the start check of `serve`, and every record.",
            discussion: """
                Reads every record as the service does, and names those that are not this service's, that the stream \
                would drop before they expire, and redemptions that no replica would have written. Makes and changes \
                nothing: what `serve` would, at its start, is told as a remark.
                """)

        @Flag(help: "Write to `ledger.probe` as well, as `serve` does at its start: proves permission and storage.")
        var probe = false
        @Flag(help: "One JSON object instead of text.") var json = false
        @OptionGroup var wanted: Wanted

        func run() throws {
            let configuration = try wanted.configuration()
            try inspecting { output in
                let audit = try LedgerClient(configuration.nats).audit(
                    configuration, probing: probe, clock: millisecondsSinceStart, pause: sleep(milliseconds:))
                output.write { json ? audit.appendJSON(to: &$0) : audit.appendText(to: &$0) }
                return switch audit.standing {
                case .fits: .success
                case .doesNotFit: .failure
                case .unreachable: .unreachable
                }
            }
        }
    }
}

extension ExitCode {
    static let unreachable = ExitCode(2)
}

/// Runs one look into the ledger, and exits as the command says that it does.
func inspecting(_ look: (StandardOutput) throws -> ExitCode) throws {
    let output = StandardOutput()
    var status: ExitCode
    var trouble: String?
    do {
        status = try look(output)
    } catch let error as InspectionError {
        trouble = error.description
        status = error.code == .unreachable ? .unreachable : .failure
    }
    output.flush()
    if let error = output.failure {
        trouble = "standard output: \(error)"
        status = .failure
    }
    if let trouble { printError("error: \(trouble)") }
    if status != .success { throw status }
}

/// Of a clock that only goes forward.
private func millisecondsSinceStart() -> Int64 {
    let (seconds, attoseconds) = start.duration(to: ContinuousClock.now).components
    return seconds * 1_000 + attoseconds / 1_000_000_000_000_000
}

private let start = ContinuousClock.now

private func sleep(milliseconds: Int64) {
    usleep(UInt32(clamping: milliseconds * 1_000))
}
