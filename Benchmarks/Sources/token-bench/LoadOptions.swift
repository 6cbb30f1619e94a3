import ArgumentParser
import LoadGenerator

/// Numbers with commas between them: a run for each.
struct Steps: ExpressibleByArgument, Equatable {
    var values: [Int]

    init?(argument: String) {
        values = []
        for part in argument.split(separator: ",", omittingEmptySubsequences: false) {
            guard let value = Int(part), value > 0 else { return nil }
            values.append(value)
        }
        if values.isEmpty { return nil }
    }
}

struct TargetOptions: ParsableArguments {
    @Option(help: ArgumentHelp(
        "The nats-server, nats://[USER:PASSWORD@]HOST:PORT, or tls://. Default: NATS_URL, or the local one.", valueName: "URL"))
    var against: String?

    @OptionGroup var access: AccessOptions

    @Option(help: "The service's --subject-prefix.")
    var subjectPrefix = ""

    @Option(help: "What this user may have replies sent to.")
    var inboxPrefix = "_INBOX"

    @Option(help: "Seconds after which a request counts as unanswered.")
    var timeout = 5.0

    func address() throws -> ServerAddress {
        let url = against ?? environment("NATS_URL") ?? "nats://127.0.0.1:4222"
        var address = try ServerAddress(url)
        try access.apply(to: &address)
        return address
    }
}

struct PaceOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Closed loop: requests under way; with commas, a run for each.", valueName: "N,…"))
    var inFlight: Steps?

    @Option(help: ArgumentHelp("Open loop: requests a second; with commas, a run for each.", valueName: "N,…"))
    var rate: Steps?

    @Flag(help: ArgumentHelp(
        "Garbage as fast as the connection takes it, or at most --rate, without waiting for answers; with --forged 100 or "
            + "--malformed 100. What matters is what another load sees meanwhile."))
    var flood = false

    @Option(help: "Seconds to measure in each run.")
    var seconds = 5.0

    @Option(help: "Seconds before that, of the same load, which are not measured.")
    var warmUp = 1.0

    @Option(help: "Connections to NATS.")
    var connections = 1

    @Option(help: "Threads that share the connections. One is good for hundreds of thousands of requests a second.")
    var threads = 1

    func validate() throws {
        if inFlight != nil && rate != nil { throw ValidationError("--in-flight or --rate: a loop is closed or open") }
        if flood && inFlight != nil { throw ValidationError("--flood waits for nobody, so nothing is --in-flight") }
    }

    func paces(otherwise inFlightDefault: Int) -> [Pace] {
        if flood { return rate?.values.map { .flood(rate: $0) } ?? [.flood(rate: nil)] }
        if let rate { return rate.values.map { .open(rate: $0) } }
        return (inFlight?.values ?? [inFlightDefault]).map { .closed(inFlight: $0) }
    }

    func plan(_ mix: Mix, _ pace: Pace, _ target: TargetOptions) -> RunPlan {
        RunPlan(
            mix: mix, pace: pace, seconds: seconds, warmUpSeconds: warmUp, connections: connections, threads: threads,
            timeoutSeconds: target.timeout, subjectPrefix: target.subjectPrefix, inboxPrefix: target.inboxPrefix)
    }
}

struct OutputOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Write all figures as JSON; - for standard output.", valueName: "FILE"))
    var json: String?

    @Option(help: ArgumentHelp("Write one self-contained HTML page.", valueName: "FILE"))
    var report: String?

    @Option(help: "What was measured, in your words: the heading of the page.")
    var title = "token-bench"

    @Option(help: ArgumentHelp("Errors that are no failure, in percent of the replies.", valueName: "PERCENT"))
    var allowErrors = 0.0

    @Flag(help: "No progress and no summary.")
    var quiet = false
}
