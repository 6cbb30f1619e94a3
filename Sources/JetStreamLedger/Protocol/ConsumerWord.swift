internal import NATSTransport
internal import StrictJSON

/// What a push consumer says in its own name, between the records: that it is there, and whether it waits.
struct ConsumerWord: Equatable, Sendable {
    /// To be answered with an empty message, else the consumer sends no more: the question whether what was sent has
    /// come (flow control), or, when that question was lost, a heartbeat that tells what it was.
    var question: String?
    /// How many records it has sent; only a heartbeat tells.
    var lastConsumerSequence: UInt64?

    init(_ message: borrowing Message) {
        question = message.replySubject?.string ?? message.header("Nats-Consumer-Stalled")
        lastConsumerSequence = message.header("Nats-Last-Consumer").flatMap { UInt64($0) }
    }
}
