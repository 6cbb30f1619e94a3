import Glibc
import LoadGenerator
import Synchronization

/// What goes to standard error: remarks, and on a terminal a line that is written over and over.
enum Terminal {
    static func say(_ text: String) { write(text + "\n", to: STDERR_FILENO) }

    static func print(_ text: String) { write(text + "\n", to: STDOUT_FILENO) }

    static var isInteractive: Bool { isatty(STDERR_FILENO) == 1 }

    static func overwrite(_ text: String) { write("\r\u{1B}[K" + text, to: STDERR_FILENO) }

    private static func write(_ text: String, to descriptor: CInt) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let written = unsafe bytes.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard written > 0 else { return }
            bytes = bytes.dropFirst(written)
        }
    }
}

/// The line on the terminal while a run is under way; a thread of its own, four times a second.
final class LiveLine: Sendable {
    private let isDone = Atomic<Bool>(false)

    /// Runs `body`, with the line beside it.
    static func during<Result>(
        _ name: String, progress: Progress, isShown: Bool, _ body: () throws(LoadError) -> Result
    ) throws(LoadError) -> Result {
        guard isShown && Terminal.isInteractive else { return try body() }
        let line = LiveLine()
        let thread = try LoadThread { line.show(name, progress) }
        let result: Swift.Result<Result, LoadError>
        do throws(LoadError) {
            result = .success(try body())
        } catch {
            result = .failure(error)
        }
        line.isDone.store(true, ordering: .relaxed)
        thread.join()
        return try result.get()
    }

    private func show(_ name: String, _ progress: Progress) {
        var before = Progress.Reading()
        while !isDone.load(ordering: .relaxed) {
            usleep(250_000)
            let now = progress.read()
            let replies = now.replies - before.replies
            let mean = replies > 0 ? Texts.duration(Double(now.latencies &- before.latencies) / Double(replies)) : "-"
            let errors = now.failures > 0 ? ", \(Texts.count(now.failures)) errors" : ""
            Terminal.overwrite(
                "  \(name): \(Texts.rate(Double(replies) * 4))/s, mean \(mean), worst \(Texts.duration(now.worst))\(errors)")
            before = now
        }
        Terminal.overwrite("")
    }
}
