import ArgumentParser
import Logging
import ServiceLifecycle
import TokenOperations
import UnixSignals

struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Serve requests until SIGTERM or SIGINT; then answer what was received, and stop.",
        discussion: """
            Subjects: generate_tokens, verify_token, refresh_tokens, blacklist_tokens, and get_jwks for the public keys.

            Any number of replicas share one ledger, a stream of JetStream's (nats-server 2.11.7 or newer), which the first \
            of them makes. With --ledger memory a replica has to be alone: two would each redeem the same refresh token, \
            and would not hear of each other's blacklistings.
            """)

    @OptionGroup var options: ServeOptions

    func run() async throws {
        let settings = try Settings(flags: options.flags)
        let configuration = try ServiceConfiguration(settings)
        let keys = try KeyFile(path: configuration.keyFile).read()
        var logger = Logger(label: "token-service") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = settings.text(.logLevel).flatMap { Logger.Level(rawValue: $0) } ?? .info
        let parts = try ReplicaParts(configuration: configuration, keys: keys)
        if parts.jetStream == nil {
            logger.warning("the ledger is in memory: this replica is alone, and forgets redemptions and revocations when it stops")
        }
        let group = ServiceGroup(
            configuration: .init(
                services: [
                    .init(service: Replica(parts: parts, logger: logger), successTerminationBehavior: .gracefullyShutdownGroup)
                ],
                logger: Logger(label: "lifecycle") { _ in SwiftLogNoOpLogHandler() }))
        // From here on no signal ends the process by itself.
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
        Task { await follow(signals, group, logger) }
        try await group.run()
    }
}

/// The first signal asks for the drain. A second one ends the process at once: whoever sends it does not want to wait.
private func follow(_ signals: UnixSignalsSequence, _ group: ServiceGroup, _ logger: Logger) async {
    var count = 0
    for await signal in signals {
        count += 1
        if count == 1 {
            await group.triggerGracefulShutdown()
        } else {
            logger.warning("stopped at once by a second signal", metadata: ["signal": "\(signal)"])
            ServeCommand.exit(withError: ExitCode(130))
        }
    }
}
