internal import FoundationEssentials

/// What `--json` writes and `token-bench report` reads. Fields are added, never renamed; `format` changes when one must be.
package struct Document: Codable, Sendable {
    package var format = 1
    package var title: String
    package var started: String
    package var command: String
    package var server: String
    package var machine: Machine
    package var loadAverageBefore: Double
    package var loadAverageAfter: Double
    package var runs: [RunResult]

    package init(title: String, command: [String], server: String) {
        self.title = title
        self.command = Self.withoutSecrets(command).joined(separator: " ")
        self.server = server
        started = Date().formatted(.iso8601)
        machine = Machine()
        loadAverageBefore = Machine.loadAverage
        loadAverageAfter = loadAverageBefore
        runs = []
    }

    package var json: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return (try? encoder.encode(self)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
    }

    package init(json: String) throws(LoadError) {
        do {
            self = try JSONDecoder().decode(Document.self, from: Data(json.utf8))
        } catch {
            throw LoadError("not a document of token-bench: \(error)")
        }
        guard format == 1 else { throw LoadError("a document of format \(format); this token-bench reads format 1") }
    }

    private static let secrets = ["--nats-password", "--nats-token"]

    /// A report is shown around; a password in it would be too.
    static func withoutSecrets(_ command: [String]) -> [String] {
        var isSecret = false
        return command.map { word in
            if isSecret {
                isSecret = false
                return "…"
            }
            if secrets.contains(word) { isSecret = true }
            if let name = secrets.first(where: { word.hasPrefix("\($0)=") }) { return "\(name)=…" }
            guard let scheme = word.firstRange(of: "://"), let at = word.lastIndex(of: "@") else { return word }
            return word[..<scheme.upperBound] + "…" + word[at...]
        }
    }
}
