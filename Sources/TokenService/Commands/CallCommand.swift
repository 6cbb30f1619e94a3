import ArgumentParser
import NATSTransport
import TokenContract

struct CallCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "call",
        abstract: "Make one request, print the reply and the round-trip time.",
        discussion: """
            Operations: \(operations.joined(separator: ", ")).
              token-service call generate_tokens '{"id":"42"}'
              token-service call verify_token '{"access_token":"eyJ…"}'

            The reply goes to standard output, the time to standard error. An error reply is printed as its code and text \
            to standard error, and the exit status is 1; nobody there, no answer in time, or a server that does not let \
            this user ask is 2. A token that is not valid is an answer, not an error.
            """)

    /// The contract's and the extension.
    private static let operations = Operation.allCases.map(\.name) + [Contract.publicKeysSubject]
    private static let longestTimeoutSeconds = 3_600.0

    @Argument(help: "One of the operations.")
    var operation: String

    @Argument(help: "The request's JSON text. `-` reads it from standard input.")
    var request: String = "{}"

    @Option(help: "Seconds to wait for the reply.")
    var timeout: Double = 5

    @OptionGroup var bus: BusOptions
    @Option(.natsInboxPrefix) var natsInboxPrefix: String?

    func validate() throws {
        guard Self.operations.contains(operation) else {
            throw ValidationError("'\(operation)' is not an operation; there are \(Self.operations.joined(separator: ", "))")
        }
        guard timeout > 0, timeout <= Self.longestTimeoutSeconds else {
            throw ValidationError("--timeout must be above 0 and at most \(Int(Self.longestTimeoutSeconds)) s")
        }
    }

    func run() throws {
        var flags = bus.flags
        flags[Setting.natsInboxPrefix.name] = natsInboxPrefix
        let settings = try Settings(flags: flags)
        let prefix = try SubjectPrefix(settings.text(.subjectPrefix)).prefix
        let configuration = try NATSConfiguration(settings)
        let milliseconds = max(1, Int(timeout * 1_000))
        let subject = Operation.subject(of: operation, prefix: prefix)
        let response: RequestClient.Response
        do throws(TransportError) {
            response = try RequestClient(configuration).request(subject, body(), timeoutMilliseconds: milliseconds)
        } catch {
            printError("error: \(subject): \(error.reason)\(Self.advice(error.code, configuration))")
            throw ExitCode(2)
        }
        if let error = response.error {
            printError("error \(error.code): \(error.text)")
            throw ExitCode(1)
        }
        print(String(decoding: response.body, as: UTF8.self))
        printError("round trip: \(response.roundTripNanoseconds / 1_000) µs")
    }

    private static func advice(_ code: TransportError.Code, _ configuration: NATSConfiguration) -> String {
        guard code == .forbidden else { return "" }
        return """
            : this NATS user may not publish there, or not subscribe to its inbox below \(configuration.inboxPrefix) \
            (\(Setting.natsInboxPrefix.flag)); use one who may call (\(Setting.natsUser.flag), \
            \(Setting.natsCredentials.flag), ...)
            """
    }

    private func body() -> [UInt8] {
        guard request == "-" else { return Array(request.utf8) }
        var text = ""
        while let line = readLine(strippingNewline: false) { text += line }
        return Array(text.utf8)
    }
}
