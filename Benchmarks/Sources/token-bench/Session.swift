import ArgumentParser
import FoundationEssentials
import Glibc
import LoadGenerator

func environment(_ name: String) -> String? {
    guard let value = unsafe getenv(name) else { return nil }
    let text = unsafe String(cString: value)
    return text.isEmpty ? nil : text
}

/// A command's runs, one after the other, and what becomes of their results.
struct Session {
    var target: TargetOptions
    var pace: PaceOptions
    var output: OutputOptions

    func preparation() throws -> Preparation {
        let plan = pace.plan(Mix(only: .generate), .closed(inFlight: pace.connections), target)
        return Preparation(address: try target.address(), plan: plan)
    }

    func note(_ text: String) {
        if !output.quiet { Terminal.say(text) }
    }

    /// `count` pairs: from the file, or made now.
    func pairs(_ count: Int, from file: String?) throws -> [TokenPair] {
        if let file {
            let pairs = try TokenPair.read(try readFile(file), count: count)
            guard pairs.count >= count else {
                throw LoadError("\(file) holds \(pairs.count) pairs of tokens, and \(count) are needed")
            }
            return Array(pairs.prefix(count))
        }
        note("making \(Texts.count(count)) pair\(count == 1 ? "" : "s") of tokens")
        return try preparation().generate(count)
    }

    /// Runs every pace; `material` is asked for before each, because blacklisting and refreshing use it up.
    func run(_ mix: Mix, _ paces: [Pace], material: (Int) throws -> Material) throws {
        let address = try target.address()
        for each in paces { try pace.plan(mix, each, target).check() }
        var document = Document(
            title: output.title, command: ["token-bench"] + CommandLine.arguments.dropFirst(), server: address.description)
        for (number, each) in paces.enumerated() {
            let own = try material(number)
            let progress = Progress()
            let load = Load(address: address)
            let plan = pace.plan(mix, each, target)
            let result = try LiveLine.during(each.description, progress: progress, isShown: !output.quiet) {
                () throws(LoadError) in try load.run(plan, material: own, progress: progress)
            }
            if !output.quiet {
                if number == 0 { tell("\(Summary.title(result))\n\n\(Summary.heading)") }
                tell(([Summary.line(result)] + Summary.remarks(result)).joined(separator: "\n"))
            }
            document.runs.append(result)
        }
        document.loadAverageAfter = Machine.loadAverage
        try finish(document)
    }

    /// The summary makes way when standard output is for machines.
    private func tell(_ text: String) {
        if output.json == "-" { Terminal.say(text) } else { Terminal.print(text) }
    }

    private func finish(_ document: Document) throws {
        if let file = output.json {
            if file == "-" { Terminal.print(document.json) } else { try writeFile(file, document.json + "\n") }
        }
        if let file = output.report {
            try writeFile(file, Report(documents: [document]).html)
            note("report: \(file)")
        }
        for run in document.runs {
            let asked = run.replies + run.errors
            guard Double(run.errors) <= Double(asked) * output.allowErrors / 100 else { throw ExitCode(1) }
            guard run.replies > 0 else { throw ExitCode(1) }
        }
    }
}

func readFile(_ path: String) throws(LoadError) -> String {
    do {
        return try String(contentsOfFile: path, encoding: .utf8)
    } catch {
        throw LoadError("\(path) cannot be read")
    }
}

func writeFile(_ path: String, _ text: String, isSecret: Bool = false) throws(LoadError) {
    // Made with its mode, not changed to it: nobody may have it open by then.
    let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, isSecret ? 0o600 : 0o644)
    guard descriptor >= 0 else { throw LoadError("\(path): \(unsafe String(cString: strerror(errno)))") }
    defer { close(descriptor) }
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
        let written = unsafe bytes.withUnsafeBytes { unsafe write(descriptor, $0.baseAddress, $0.count) }
        guard written > 0 else { throw LoadError("\(path): \(unsafe String(cString: strerror(errno)))") }
        bytes = bytes.dropFirst(written)
    }
}

/// What cannot be measured ends with status 2, apart from what was measured and was wrong.
func reporting(_ body: () throws -> Void) throws {
    do {
        try body()
    } catch let error as LoadError {
        Terminal.say("token-bench: \(error.description)")
        throw ExitCode(2)
    }
}
