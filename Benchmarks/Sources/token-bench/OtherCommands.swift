import ArgumentParser
import LoadGenerator

struct GenerateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "generate", abstract: "Ask generate_tokens, for a new id each time.")

    @OptionGroup var target: TargetOptions
    @OptionGroup var pace: PaceOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        try reporting {
            let session = Session(target: target, pace: pace, output: output)
            try session.run(Mix(only: .generate), pace.paces(otherwise: 64)) { _ in Material() }
        }
    }
}

struct RefreshCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "refresh", abstract: "Ask refresh_tokens, in chains: each with the token that the last reply gave.")

    @OptionGroup var target: TargetOptions
    @OptionGroup var pace: PaceOptions
    @OptionGroup var output: OutputOptions

    @Option(help: ArgumentHelp("How many chains there are. Each waits for its reply before it goes on.", valueName: "N"))
    var count = 10_000
    @Option(help: ArgumentHelp("Pairs to begin with, as `token-bench tokens` writes them. They are used up.", valueName: "FILE"))
    var tokens: String?

    func run() throws {
        try reporting {
            let session = Session(target: target, pace: pace, output: output)
            let paces = pace.paces(otherwise: 64)
            let pairs = tokens == nil ? [] : try session.pairs(count * paces.count, from: tokens)
            try session.run(Mix(only: .refresh), paces) { number in
                var material = Material()
                material.chains = tokens == nil
                    ? try session.pairs(count, from: nil) : Array(pairs[number * count..<(number + 1) * count])
                return material
            }
        }
    }
}

struct BlacklistCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "blacklist", abstract: "Ask blacklist_tokens, each pair once.",
        discussion: "It leaves its records in the ledger until the tokens would have expired.")

    @OptionGroup var target: TargetOptions
    @OptionGroup var pace: PaceOptions
    @OptionGroup var output: OutputOptions

    @Option(help: ArgumentHelp("How many pairs there are to blacklist in each run.", valueName: "N"))
    var count = 50_000
    @Option(help: ArgumentHelp("The pairs, as `token-bench tokens` writes them.", valueName: "FILE"))
    var tokens: String?

    func run() throws {
        try reporting {
            let session = Session(target: target, pace: pace, output: output)
            let paces = pace.paces(otherwise: 64)
            let pairs = tokens == nil ? [] : try session.pairs(count * paces.count, from: tokens)
            try session.run(Mix(only: .blacklist), paces) { number in
                var material = Material()
                material.blacklist(
                    tokens == nil
                        ? try session.pairs(count, from: nil) : Array(pairs[number * count..<(number + 1) * count]))
                return material
            }
        }
    }
}

struct TokensCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tokens", abstract: "Have pairs of tokens made, and write them to a file that only you can read.",
        discussion: "For runs by a user who may not generate, and for tokens that must be the same in several runs.")

    @OptionGroup var target: TargetOptions

    @Option(help: ArgumentHelp("How many pairs.", valueName: "N"))
    var count = 100_000
    @Option(help: ArgumentHelp("Where to; a line of JSON for each pair.", valueName: "FILE"))
    var output: String
    @Flag(help: "Blacklist them too.")
    var revoked = false

    func run() throws {
        try reporting {
            let plan = RunPlan(
                mix: Mix(only: .generate), pace: .closed(inFlight: 1), seconds: 1, warmUpSeconds: 0,
                timeoutSeconds: target.timeout, subjectPrefix: target.subjectPrefix, inboxPrefix: target.inboxPrefix)
            let preparation = Preparation(address: try target.address(), plan: plan)
            let pairs = try preparation.generate(count)
            if revoked { try preparation.revoke(pairs) }
            try writeFile(output, pairs.map { $0.line + "\n" }.joined(), isSecret: true)
        }
    }
}

struct ReportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report", abstract: "Make one page of what several runs wrote with --json.")

    @Argument(help: "What --json wrote; a curve for each.")
    var documents: [String]
    @Option(help: ArgumentHelp("Rows of `Benchmarks/run`, a JSON object a line.", valueName: "FILE"))
    var rows: String?
    @Option(help: "The page.")
    var output: String
    @Option(help: "The heading of the page.")
    var title: String?

    func run() throws {
        try reporting {
            var report = Report(documents: try documents.map { try Document(json: try readFile($0)) })
            if let rows { report.rows = try Row.read(try readFile(rows)) }
            if let title { report.title = title }
            try writeFile(output, report.html)
        }
    }
}
