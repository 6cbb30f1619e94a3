import ArgumentParser

@main
struct TokenBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token-bench",
        abstract: "A load for the token service, over NATS: how much, how fast, and whether every answer was right.",
        discussion: """
            Closed loop (--in-flight): the next request leaves when a reply is there. For the highest throughput.
            Open loop (--rate): a request every 1/rate seconds, whatever comes back; latency counts from when it was due. \
            For the latency that callers see at a given load, and so for sizing.

            Exit status: 0 all was measured and every reply was right, 1 errors (more than --allow-errors), 2 nothing could \
            be measured, 64 wrong usage.
            """,
        version: "1",
        subcommands: [
            VerifyCommand.self, GenerateCommand.self, RefreshCommand.self, BlacklistCommand.self, TokensCommand.self,
            ReportCommand.self,
        ])
}
