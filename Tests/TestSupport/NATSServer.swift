import Foundation

/// A real nats-server for one test, on a free loopback port, stopped by its process id.
///
/// The binary is the one named by `NATS_SERVER`, else the one that `deploy/test` puts under `.build-tools`.
package final class NATSServer: @unchecked Sendable {
    // `process` is replaced under `lock` only; everything else is constant after `init`.
    package let port: Int
    package let directory: TemporaryDirectory
    private let configuration: String
    private let lock = NSLock()
    private var process: Int32?

    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    /// `configuration`: further lines of nats-server's configuration file. Starts, and waits until it answers.
    package init(port: Int? = nil, configuration: String = "") throws {
        self.port = try port ?? Loopback.freePort()
        self.configuration = configuration
        directory = try TemporaryDirectory()
        try start()
    }

    deinit {
        kill()
    }

    package var url: String { "nats://127.0.0.1:\(port)" }

    package var processIdentifier: Int32? { lock.withLock { process } }

    package func start() throws {
        let file = directory.path + "/server.conf"
        let text = "listen: \"127.0.0.1:\(port)\"\nmax_control_line: 4096\n\(configuration)\n"
        try text.write(toFile: file, atomically: true, encoding: .utf8)
        let arguments = [try Self.binary(), "-c", file, "-l", directory.path + "/server.log"]
        let spawned = try ChildProcess.spawn(arguments)
        lock.withLock { process = spawned }
        try waitUntilListening()
    }

    /// SIGKILL: the process has no say in it.
    package func kill() {
        lock.withLock {
            guard let process else { return }
            ChildProcess.kill(process)
            self.process = nil
        }
    }

    /// SIGSTOP: the kernel still accepts connections and bytes, but nobody reads them.
    package func pause() { signal(SIGSTOP) }

    package func resume() { signal(SIGCONT) }

    /// Tells its clients that it will stop, serves on for its grace period, then hangs up on one after the other and exits.
    package func enterLameDuckMode() { signal(SIGUSR2) }

    package func log() -> String {
        (try? String(contentsOfFile: directory.path + "/server.log", encoding: .utf8)) ?? ""
    }

    private func signal(_ number: Int32) {
        lock.withLock {
            if let process { Foundation.kill(process, number) }
        }
    }

    private func waitUntilListening() throws {
        let deadline = Date().addingTimeInterval(10)
        while Date() < deadline {
            if let client = try? RawNATSClient(port: port, connects: false), (try? client.readLine()) != nil { return }
            usleep(5_000)
        }
        throw Failure(description: "nats-server does not listen on \(port): \(log())")
    }

    private static func binary() throws -> String {
        let named = ProcessInfo.processInfo.environment["NATS_SERVER"]
        let built = URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent(".build-tools/venv/bin/nats-server").path
        for candidate in [named, built].compactMap({ $0 })
        where FileManager.default.isExecutableFile(atPath: candidate) {
            return candidate
        }
        throw Failure(description: "no nats-server: set NATS_SERVER, or run ./deploy/test, which fetches it")
    }
}
