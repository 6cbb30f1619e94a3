import Glibc

/// One connection that makes requests: NATS' text protocol over a bare socket.
///
/// A load shares the machine with what it measures, and what it costs is missing from the figure. A client library costs
/// more a request than the service under test; this does a `memcpy` of a prepared request, and reads a reply where it lies.
/// Of one thread. It batches by itself: whatever a read has brought is answered by one write.
final class WireConnection {
    /// What the server said of itself.
    let serverInformation: ServerInformation
    let inbox: [UInt8]
    private let socket: Socket
    private var incoming: ReplyReader
    var outgoing = ByteQueue(capacity: 1 << 20)

    static let mostReadBytes = 256 * 1_024

    /// - Parameter inboxPrefix: what the user may subscribe below, `_INBOX` mostly.
    init(to address: ServerAddress, inboxPrefix: String) throws(LoadError) {
        var socket = try Socket(to: address)
        let own = "\(inboxPrefix).\(Self.nonce())."
        inbox = Array(own.utf8)
        incoming = ReplyReader(inbox: inbox)
        serverInformation = try Self.greeting(&incoming.queue, socket, address)
        if serverInformation.needsTLS || address.tls != nil {
            guard serverInformation.offersTLS else { throw LoadError("\(address.description) does not speak TLS") }
            try socket.encrypt(address.tls ?? TLSOptions(), for: address)
        }
        self.socket = socket
        let options = try Self.options(address, serverInformation)
        outgoing.append("CONNECT \(options)\r\nSUB \(own)* 1\r\nPING\r\n")
        try awaitPong(address)
    }

    private static func nonce() -> String {
        let letters = Array("abcdefghijklmnopqrstuvwxyz0123456789")
        return String((0..<6).map { _ in letters[.random(in: letters.indices)] })
    }

    private static func options(_ address: ServerAddress, _ server: ServerInformation) throws(LoadError) -> String {
        var fields = [
            #""verbose":false,"pedantic":false,"headers":true,"no_responders":true,"name":"token-bench""#,
            #""lang":"swift","version":"1","protocol":1"#,
        ]
        if let user = address.user { fields.append("\"user\":\(JSONText.quoted(user))") }
        if let password = address.password { fields.append("\"pass\":\(JSONText.quoted(password))") }
        if let token = address.token { fields.append("\"auth_token\":\(JSONText.quoted(token))") }
        if let seed = address.nkey {
            let signed = try seed.sign(server.nonce)
            fields.append("\"sig\":\(JSONText.quoted(signed.signature))")
            // A user's JWT names its key.
            let who = address.jwt.map { "\"jwt\":\(JSONText.quoted($0))" } ?? "\"nkey\":\(JSONText.quoted(signed.publicKey))"
            fields.append(who)
        }
        return "{\(fields.joined(separator: ","))}"
    }

    private static func greeting(
        _ incoming: inout ByteQueue, _ socket: borrowing Socket, _ address: ServerAddress
    ) throws(LoadError) -> ServerInformation {
        let line = try awaitLine(&incoming, socket, address)
        guard line.hasPrefix("INFO ") else { throw LoadError("\(address.description) is not a nats-server") }
        return try ServerInformation(json: String(line.dropFirst(5)), of: address)
    }

    private static func awaitLine(
        _ incoming: inout ByteQueue, _ socket: borrowing Socket, _ address: ServerAddress
    ) throws(LoadError) -> String {
        let deadline = monotonicNanoseconds() + 5_000_000_000
        while true {
            if let end = incoming.bytes.offset(of: [UInt8(ascii: "\r"), UInt8(ascii: "\n")]) {
                let line = incoming.bytes.extracting(first: end).text
                incoming.consume(end + 2)
                return line
            }
            guard incoming.read(from: socket, upTo: mostReadBytes, waiting: true) != .ended else {
                throw LoadError("\(address.description) closed the connection")
            }
            guard monotonicNanoseconds() < deadline else { throw LoadError("\(address.description) says nothing") }
        }
    }

    private func awaitPong(_ address: ServerAddress) throws(LoadError) {
        while true {
            guard outgoing.write(to: socket) != .ended else { throw LoadError("\(address.description) hung up") }
            let line = try Self.awaitLine(&incoming.queue, socket, address)
            if line == "PONG" { return }
            if line == "PING" { outgoing.append("PONG\r\n") }
            if line.hasPrefix("-ERR") { throw LoadError("\(address.description) says \(line.dropFirst(5))") }
        }
    }

    var descriptor: CInt { socket.raw }
    var hasUnsent: Bool { outgoing.count > 0 }
    /// Something was received that poll will not tell of.
    var hasUnread: Bool { socket.hasUnread }

    func flush() throws(LoadError) {
        guard outgoing.write(to: socket) != .ended else { throw LoadError("the server closed the connection") }
    }

    /// Reads once. `false`: there was nothing.
    func read(waiting: Bool) throws(LoadError) -> Bool {
        switch incoming.queue.read(from: socket, upTo: Self.mostReadBytes, waiting: waiting) {
        case .some: return true
        case .none: return false
        case .ended: throw LoadError("the server closed the connection\(lastWords)")
        }
    }

    private var lastWords: String { incoming.lastWords.map { "; it said \($0)" } ?? "" }

    /// Hands on every whole message that was read: the slot of its reply subject (negative when it is none), headers
    /// (empty when there are none), payload.
    @inline(__always)
    func takeMessages(_ take: (_ slot: Int, _ headers: RawSpan, _ payload: RawSpan) -> Void) throws(LoadError) {
        incoming.takeMessages(take)
        guard incoming.pingsReceived > 0 || incoming.lastWords != nil else { return }
        for _ in 0..<incoming.pingsReceived { outgoing.append("PONG\r\n") }
        incoming.pingsReceived = 0
        // A refused publish is told and the connection stays, but its request will never be answered.
        if let words = incoming.lastWords { throw LoadError("the server says \(words)") }
    }
}
