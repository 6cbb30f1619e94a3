import NATSTransport

/// Answers every request with its own payload; `err` with an error.
final class EchoHandler: RequestHandler {
    func handle(_ message: borrowing Message, endpoint: Int, reply: consuming Reply) {
        reply.send(message.payload)
    }
}
