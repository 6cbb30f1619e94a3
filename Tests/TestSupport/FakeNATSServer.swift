import Foundation

/// A server that speaks just enough of the NATS protocol to be cruel: it sends what it is told, cuts a session at any
/// byte, reads nothing when asked to, and keeps what was published to it. One session at a time, on a thread of its own.
package final class FakeNATSServer: @unchecked Sendable {
    /// How one session goes. `cutAfter` counts every byte that the server sends, from the first of INFO on.
    package struct Script: Sendable {
        /// Sent once the first echo has come in, which is behind the subscriptions; `SID(subject)` becomes its number.
        package var deliveries: [(subject: String, reply: String, payload: [UInt8])] = []
        package var cutAfter: Int?
        /// Resets the connection instead of ending it in order.
        package var resets = false
        /// Sends in pieces of at most this size, with a moment between them.
        package var chunkBytes: Int?
        /// After the deliveries nothing more is read, and deliveries are repeated until the socket is full.
        package var floodsWithoutReading = false

        package init() {}
    }

    package struct Publication: Sendable, Equatable {
        package let session: Int
        package let subject: String
        package let payload: [UInt8]

        package init(session: Int, subject: String, payload: [UInt8]) {
            self.session = session
            self.subject = subject
            self.payload = payload
        }
    }

    package let port: Int
    // All mutable state is guarded by `condition`.
    private let condition = NSCondition()
    private var publications: [Publication] = []
    private var finishedSessions = 0
    private var floodedBytes = 0
    private var isStopped = false
    private var isClosed = false
    private let listener: Int32
    private let script: @Sendable (Int) -> Script

    /// `script` is asked for each session, counted from 0.
    package init(port: Int = 0, script: @escaping @Sendable (_ session: Int) -> Script) throws {
        let listening = try Loopback.listen(port: port)
        listener = listening.socket
        self.port = listening.port
        self.script = script
        Thread { self.serve() }.start()
    }

    /// Keeps the server alive until `stop`. The listener is closed here and nowhere else: closed by another thread, its
    /// number could be another test's socket by the time of the next accept.
    private func serve() {
        var session = 0
        while !stopped {
            let socket = accept(listener, nil, nil)
            guard socket >= 0 else { continue }
            if stopped {
                close(socket)
            } else {
                FakeSession(socket: socket, number: session, server: self, script: script(session)).run()
            }
            session += 1
            finish()
        }
        close(listener)
        condition.withLock {
            isClosed = true
            condition.broadcast()
        }
    }

    package var url: String { "nats://127.0.0.1:\(port)" }

    /// Sessions end, and nobody is accepted any more. Every test that makes one stops it.
    package func stop() {
        condition.withLock {
            guard !isStopped else { return }
            isStopped = true
            // Ends an accept that is under way.
            shutdown(listener, Int32(SHUT_RDWR))
        }
        _ = wait(seconds: 10) { self.isClosed }
    }

    package var stopped: Bool { condition.withLock { isStopped } }

    package var published: [Publication] { condition.withLock { publications } }

    package var flooded: Int { condition.withLock { floodedBytes } }

    /// How many sessions are over.
    package var sessionsFinished: Int { condition.withLock { finishedSessions } }

    private func wait(seconds: Double, until isTrue: () -> Bool) -> Bool {
        let deadline = Date().addingTimeInterval(seconds)
        return condition.withLock {
            while !isTrue() {
                if !condition.wait(until: deadline) { return isTrue() }
            }
            return true
        }
    }

    func record(_ publication: Publication) {
        condition.withLock {
            publications.append(publication)
            condition.broadcast()
        }
    }

    func flooded(_ bytes: Int) {
        condition.withLock { floodedBytes += bytes }
    }

    private func finish() {
        condition.withLock {
            finishedSessions += 1
            condition.broadcast()
        }
    }
}
