import Foundation

/// Stands between a client and a server on the loopback and decides when the server's bytes go on: at once, in crumbs,
/// or only so many of them until told otherwise.
package final class TCPProxy: @unchecked Sendable {
    package enum Pace: Sendable, Equatable {
        case full
        /// One piece of this size after the other, a millisecond apart.
        case crumbs(Int)
        /// So many bytes, then nothing.
        case holdAfter(Int)
    }

    package let port: Int
    // All mutable state is guarded by `condition`.
    private let condition = NSCondition()
    private var pace = Pace.full
    private var held = 0
    private var clients: [Int32] = []
    private var isStopped = false
    private var openThreads = 0
    private let listener: Int32
    private let target: Int

    package init(target: Int) throws {
        let listening = try Loopback.listen(port: 0)
        listener = listening.socket
        port = listening.port
        self.target = target
        start { self.serve() }
    }

    /// Sets how the server's bytes go on from now.
    package func set(_ pace: Pace) {
        condition.withLock {
            self.pace = pace
            held = 0
            condition.broadcast()
        }
    }

    /// Bytes that have come from the server since the pace was set and are held back.
    package var heldBytes: Int { condition.withLock { held } }

    /// Every test that makes one stops it.
    package func stop() {
        condition.withLock {
            isStopped = true
            condition.broadcast()
            // Ends an accept that is under way; the listener itself is closed by its own thread.
            shutdown(listener, Int32(SHUT_RDWR))
            let deadline = Date().addingTimeInterval(10)
            while openThreads > 0 && condition.wait(until: deadline) {}
        }
    }

    /// Ends what goes to the clients (FIN, no reset), and drops what is held back.
    package func endStreams() {
        condition.withLock {
            for client in clients { shutdown(client, Int32(SHUT_WR)) }
            clients = []
            pace = .holdAfter(0)
        }
    }

    private func start(_ body: @escaping @Sendable () -> Void) {
        condition.withLock { openThreads += 1 }
        Thread {
            body()
            self.condition.withLock {
                self.openThreads -= 1
                self.condition.broadcast()
            }
        }.start()
    }

    private var stopped: Bool { condition.withLock { isStopped } }

    private func serve() {
        while !stopped {
            let client = accept(listener, nil, nil)
            guard client >= 0 else { continue }
            guard !stopped, let server = try? Loopback.connect(port: target) else {
                close(client)
                continue
            }
            join(client, server)
        }
        close(listener)
    }

    /// Both directions run until either ends; each socket is closed when both have.
    private func join(_ client: Int32, _ server: Int32) {
        for socket in [client, server] {
            var time = timeval(tv_sec: 0, tv_usec: 20_000)
            unsafe setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
        }
        condition.withLock { clients.append(client) }
        let ended = Ended(client, server)
        start { self.copy(from: client, to: server, paced: false, ended) }
        start { self.copy(from: server, to: client, paced: true, ended) }
    }

    private final class Ended: @unchecked Sendable {
        // `count` is guarded by `lock`.
        private let lock = NSLock()
        private var count = 0
        private let sockets: [Int32]

        init(_ sockets: Int32...) { self.sockets = sockets }

        func end() {
            lock.withLock {
                count += 1
                for socket in sockets {
                    if count == 1 { shutdown(socket, Int32(SHUT_RDWR)) } else { close(socket) }
                }
            }
        }
    }

    private func copy(from source: Int32, to sink: Int32, paced: Bool, _ ended: Ended) {
        defer {
            // Forgotten before it is closed: the number may then be another test's.
            condition.withLock { clients.removeAll { $0 == (paced ? sink : source) } }
            ended.end()
        }
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while !stopped {
            let count = unsafe recv(source, &chunk, chunk.count, 0)
            if count < 0 && errno == EAGAIN { continue }
            guard count > 0 else { return }
            guard paced ? forward(Array(chunk[..<count]), to: sink) : write(chunk[..<count], to: sink) else { return }
        }
    }

    private func forward(_ bytes: [UInt8], to sink: Int32) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count: Int = condition.withLock {
                while true {
                    switch pace {
                    case _ where isStopped: return 0
                    case .full: return rest.count
                    case .crumbs(let size): return min(size, rest.count)
                    case .holdAfter(let allowance) where allowance > 0:
                        let count = min(allowance, rest.count)
                        pace = .holdAfter(allowance - count)
                        return count
                    case .holdAfter:
                        held = rest.count
                        _ = condition.wait(until: Date().addingTimeInterval(0.05))
                    }
                }
            }
            guard count > 0, write(rest.prefix(count), to: sink) else { return false }
            rest = rest.dropFirst(count)
            if !rest.isEmpty { usleep(1_000) }
        }
        return true
    }

    private func write(_ bytes: ArraySlice<UInt8>, to sink: Int32) -> Bool {
        let bytes = Array(bytes)
        var sent = 0
        while sent < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { buffer in
                unsafe send(sink, buffer.baseAddress?.advanced(by: sent), bytes.count - sent, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }
}
