import Foundation

/// A NATS client of a few lines over a blocking socket, so that a test sees exactly what a server sends and can send
/// what no library would. Of one thread.
package final class RawNATSClient {
    package struct Message: Equatable {
        package let subject: String
        package let sid: Int
        package let reply: String?
        package let headers: [UInt8]
        package let payload: [UInt8]

        package var text: String { String(decoding: payload, as: UTF8.self) }
    }

    package struct Closed: Error {}
    package struct TimedOut: Error {}

    private let socket: Int32
    private var buffer: [UInt8] = []
    private var start = 0

    /// `connects: false` leaves the server's INFO unread and sends nothing.
    package init(port: Int, connects: Bool = true, options: String = "") throws {
        socket = try Loopback.connect(port: port)
        setTimeout(seconds: 10)
        guard connects else { return }
        _ = try readLine()
        let extra = options.isEmpty ? "" : "," + options
        try send("CONNECT {\"verbose\":false,\"pedantic\":false,\"headers\":true,\"no_responders\":true\(extra)}\r\n")
        try flush()
    }

    deinit {
        close(socket)
    }

    package func setTimeout(seconds: Double) {
        var time = timeval(tv_sec: Int(seconds), tv_usec: Int((seconds - seconds.rounded(.down)) * 1e6))
        unsafe setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
    }

    package func subscribe(_ subject: String, sid: Int, queueGroup: String = "") throws {
        try send("SUB \(subject) \(queueGroup) \(sid)\r\n")
    }

    package func publish(_ subject: String, reply: String = "", _ payload: [UInt8]) throws {
        try send(Array("PUB \(subject) \(reply) \(payload.count)\r\n".utf8) + payload + Array("\r\n".utf8))
    }

    package func publish(_ subject: String, reply: String = "", headers: String, _ payload: [UInt8]) throws {
        let head = Array(headers.utf8)
        let line = "HPUB \(subject) \(reply) \(head.count) \(head.count + payload.count)\r\n"
        try send(Array(line.utf8) + head + payload + Array("\r\n".utf8))
    }

    /// Until the server has worked off what was sent.
    package func flush() throws {
        try send("PING\r\n")
        while true {
            let line = try readLine()
            if line == "PONG" { return }
            if line.hasPrefix("-ERR") { throw NATSServer.Failure(description: line) }
            guard line.hasPrefix("MSG") || line.hasPrefix("HMSG") else { continue }
            early.append(try message(line))
        }
    }

    private var early: [Message] = []

    /// The next message; answers the server's pings on the way.
    package func next() throws -> Message {
        if !early.isEmpty { return early.removeFirst() }
        while true {
            let line = try readLine()
            if line == "PING" { try send("PONG\r\n") }
            if line.hasPrefix("MSG") || line.hasPrefix("HMSG") { return try message(line) }
            if line.hasPrefix("-ERR") { throw NATSServer.Failure(description: line) }
        }
    }

    /// One request on an inbox of its own.
    package func request(_ subject: String, _ payload: [UInt8], inbox: String) throws -> Message {
        let sid = 1_000_000 + Int.random(in: 0..<1_000_000)
        try subscribe(inbox, sid: sid)
        try publish(subject, reply: inbox, payload)
        while true {
            let message = try next()
            if message.sid == sid {
                try send("UNSUB \(sid)\r\n")
                return message
            }
        }
    }

    package func send(_ text: String) throws { try send(Array(text.utf8)) }

    package func send(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { buffer in
                unsafe Glibc.send(socket, buffer.baseAddress?.advanced(by: sent), bytes.count - sent, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw Closed() }
            sent += count
        }
    }

    package func readLine() throws -> String {
        var scanned = start
        while true {
            if let end = buffer[scanned...].firstIndex(of: UInt8(ascii: "\n")) {
                defer { start = end + 1 }
                return String(decoding: buffer[start..<max(start, end - 1)], as: UTF8.self)
            }
            scanned = buffer.count - start
            try fill()
            scanned += start
        }
    }

    private func message(_ line: String) throws -> Message {
        let parts = line.split(separator: " ").map(String.init)
        let hasHeaders = parts[0] == "HMSG"
        let sizes = parts.suffix(hasHeaders ? 2 : 1).compactMap { Int($0) }
        let total = sizes.last ?? 0
        let body = try readBytes(total + 2).dropLast(2)
        let headerBytes = hasHeaders ? sizes[0] : 0
        let hasReply = parts.count == (hasHeaders ? 6 : 5)
        return Message(
            subject: parts[1], sid: Int(parts[2]) ?? -1, reply: hasReply ? parts[3] : nil,
            headers: Array(body.prefix(headerBytes)), payload: Array(body.dropFirst(headerBytes)))
    }

    private func readBytes(_ count: Int) throws -> [UInt8] {
        while buffer.count - start < count { try fill() }
        defer { start += count }
        return Array(buffer[start..<(start + count)])
    }

    private func fill() throws {
        if start > 1 << 16 {
            buffer.removeFirst(start)
            start = 0
        }
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        let count = unsafe recv(socket, &chunk, chunk.count, 0)
        if count < 0 && errno == EAGAIN { throw TimedOut() }
        guard count > 0 else { throw Closed() }
        buffer.append(contentsOf: chunk[..<count])
    }
}
