import ArgumentParser
import TokenContract

@main
struct TokenServiceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token-service",
        abstract: "Issues, verifies, refreshes and blacklists tokens for services that talk over NATS.",
        discussion: """
            A first look, with a nats-server at hand that has JetStream (`nats-server -js`):
              token-service keys generate --keys keys.jwks
              token-service serve --keys keys.jwks
              token-service call generate_tokens '{"id":"42"}'
              token-service ledger status

            Redemptions and revocations are kept in a JetStream stream, on which any number of replicas agree. \
            `serve --ledger memory` does without JetStream, for one replica alone that forgets when it stops.

            Every flag can be set in the environment as well: --access-lifetime is TOKEN_SERVICE_ACCESS_LIFETIME. Flags \
            come before the environment. NATS_URL, NATS_USER, NATS_PASSWORD, NATS_CREDS and the other variables of the \
            nats command line tool are honoured.
            """,
        version: Contract.version,
        subcommands: [
            ServeCommand.self, CallCommand.self, KeysCommand.self, LedgerCommand.self, AsyncAPICommand.self,
            VersionCommand.self,
        ])
}

struct VersionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "version", abstract: "Print the version.")

    func run() {
        print("token-service \(Contract.version)")
    }
}

struct AsyncAPICommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "asyncapi",
        abstract: "Print the AsyncAPI 3.0.0 document: channels, operations, messages, payload schemas.")

    func run() {
        print(String(decoding: AsyncAPIDocument.yaml, as: UTF8.self), terminator: "")
    }
}
