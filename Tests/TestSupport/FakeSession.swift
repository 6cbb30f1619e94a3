import Foundation

/// One TCP session of a `FakeNATSServer`, on its thread.
final class FakeSession {
    private struct Cut: Error {}

    private let socket: Int32
    private let number: Int
    private let server: FakeNATSServer
    private let script: FakeNATSServer.Script
    private var sids: [String: String] = [:]
    private var sent = 0
    private var hasDelivered = false
    private var buffer: [UInt8] = []

    init(socket: Int32, number: Int, server: FakeNATSServer, script: FakeNATSServer.Script) {
        self.socket = socket
        self.number = number
        self.server = server
        self.script = script
        var one: Int32 = 1
        unsafe setsockopt(socket, Int32(IPPROTO_TCP), TCP_NODELAY, &one, 4)
        var time = timeval(tv_sec: 0, tv_usec: 50_000)
        unsafe setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
    }

    func run() {
        do {
            try emit("INFO {\"server_id\":\"FAKE\",\"version\":\"2.15.1\",\"headers\":true,\"max_payload\":1048576}\r\n")
            while let line = try readLine() { try answer(line) }
        } catch {
            end()
        }
        close(socket)
    }

    private func answer(_ line: String) throws {
        let words = line.split(separator: " ").map(String.init)
        switch words.first {
        case "PING":
            try emit("PONG\r\n")
        case "SUB":
            sids[words[1]] = words[words.count - 1]
        case "PUB":
            let payload = try readBytes((Int(words[words.count - 1]) ?? 0) + 2).dropLast(2)
            server.record(.init(session: number, subject: words[1], payload: Array(payload)))
            try published(words[1], Array(payload))
        case "HPUB":
            _ = try readBytes((Int(words[words.count - 1]) ?? 0) + 2)
        default:
            break
        }
    }

    /// A publication to a subscribed subject comes back, as from a real server: that is the loop's echo. The first one
    /// is behind the subscriptions, so the deliveries go out before it.
    private func published(_ subject: String, _ payload: [UInt8]) throws {
        if !hasDelivered {
            hasDelivered = true
            for delivery in script.deliveries { try deliver(delivery.subject, delivery.reply, delivery.payload) }
            if script.floodsWithoutReading { try flood() }
        }
        if sid(of: subject) != nil { try deliver(subject, "", payload) }
    }

    /// Subscribed as it is, or by a wildcard in place of its last token.
    private func sid(of subject: String) -> String? {
        let parent = subject.split(separator: ".").dropLast().joined(separator: ".")
        return sids[subject] ?? sids[parent + ".*"]
    }

    private func deliver(_ subject: String, _ reply: String, _ payload: [UInt8]) throws {
        guard let sid = sid(of: subject) else { return }
        try emit(frame(subject, sid, reply, payload))
    }

    private func frame(_ subject: String, _ sid: String, _ reply: String, _ payload: [UInt8]) -> [UInt8] {
        let head = reply.isEmpty ? "MSG \(subject) \(sid) \(payload.count)" : "MSG \(subject) \(sid) \(reply) \(payload.count)"
        return Array("\(head)\r\n".utf8) + payload + Array("\r\n".utf8)
    }

    /// Sends as long as the other side takes anything, then holds still until it hangs up or the server is stopped.
    private func flood() throws {
        var frames: [UInt8] = []
        for delivery in script.deliveries {
            guard let sid = sid(of: delivery.subject) else { continue }
            frames += frame(delivery.subject, sid, delivery.reply, delivery.payload)
        }
        while frames.count < 1 << 18 { frames += frames }
        var offset = 0
        while !server.stopped {
            let count = unsafe frames.withUnsafeBytes { bytes in
                unsafe send(
                    socket, bytes.baseAddress?.advanced(by: offset), frames.count - offset,
                    Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
            }
            if count > 0 {
                server.flooded(count)
                offset = (offset + count) % frames.count
            } else if errno == EAGAIN {
                usleep(1_000)
            } else {
                throw Cut()
            }
        }
        throw Cut()
    }

    // MARK: Bytes

    private func emit(_ text: String) throws { try emit(Array(text.utf8)) }

    private func emit(_ bytes: [UInt8]) throws {
        let allowed = script.cutAfter.map { min(bytes.count, $0 - sent) } ?? bytes.count
        var offset = 0
        while offset < allowed {
            let size = min(allowed - offset, script.chunkBytes ?? allowed)
            let count = unsafe bytes.withUnsafeBytes { buffer in
                unsafe send(socket, buffer.baseAddress?.advanced(by: offset), size, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw Cut() }
            offset += count
            if script.chunkBytes != nil { usleep(100) }
        }
        sent += allowed
        if sent == script.cutAfter { throw Cut() }
    }

    /// In order: the other side reads what was sent, then the end. Or a reset, which may take bytes with it.
    private func end() {
        if script.resets {
            var immediately = linger(l_onoff: 1, l_linger: 0)
            unsafe setsockopt(socket, SOL_SOCKET, SO_LINGER, &immediately, socklen_t(MemoryLayout<linger>.size))
            return
        }
        shutdown(socket, Int32(SHUT_WR))
        while (try? fill()) == true {}
    }

    /// `nil` at the other side's end.
    private func readLine() throws -> String? {
        while true {
            if let end = buffer.firstIndex(of: UInt8(ascii: "\n")) {
                defer { buffer.removeSubrange(...end) }
                return String(decoding: buffer[..<max(0, end - 1)], as: UTF8.self)
            }
            guard try fill() else { return nil }
        }
    }

    private func readBytes(_ count: Int) throws -> [UInt8] {
        while buffer.count < count {
            guard try fill() else { throw Cut() }
        }
        defer { buffer.removeFirst(count) }
        return Array(buffer[..<count])
    }

    private func fill() throws -> Bool {
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = unsafe recv(socket, &chunk, chunk.count, 0)
            if count > 0 {
                buffer.append(contentsOf: chunk[..<count])
                return true
            }
            guard count < 0 && errno == EAGAIN else { return false }
            if server.stopped { throw Cut() }
        }
    }
}
