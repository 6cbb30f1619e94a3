/// The way through the stream's records, once, from one end to where the other end was when it began. Pure.
///
/// By a consumer of its own that pushes them with flow control, as a replica follows: the ledger's NATS user may do no
/// more (a pull consumer needs `$JS.API.CONSUMER.MSG.NEXT`), and one question a record (`$JS.API.STREAM.MSG.GET` with
/// `next_by_subj`) takes twenty times as long. What is in flight is bounded by the server's flow control (32 MB), so a
/// reader may be as slow as it likes.
///
/// A record that is replaced meanwhile moves behind the end and is not seen any more: it is the newer one that would
/// count, and that is not of the moment at which the walk began.
struct RecordWalk: Equatable {
    enum Step: Equatable {
        case pass
        case take
        /// It was the last one that was there.
        case takeLast
        /// Something is missing: another consumer, from `last` on.
        case again
        case finished
    }

    /// The sequence of the last record that was taken; the walk begins behind it.
    private(set) var last: UInt64
    private let end: UInt64
    private var consumer: UInt64 = 0
    private var consumerSequence: UInt64 = 0
    /// Consumers in a row that brought nothing.
    private(set) var failures = -1

    /// - Parameter end: the stream's last sequence.
    init(after last: UInt64, end: UInt64) {
        self.last = last
        self.end = end
    }

    var isAtEnd: Bool { last >= end }

    /// The number of the next consumer.
    mutating func nextConsumer() -> UInt64 {
        consumer += 1
        consumerSequence = 0
        failures += 1
        return consumer
    }

    /// It has been created, and says how many records it will deliver.
    func created(pending: UInt64) -> Step { pending == 0 ? .finished : .pass }

    mutating func delivered(_ delivery: Delivery) -> Step {
        guard delivery.consumer == consumer else { return .pass }
        guard delivery.consumerSequence == consumerSequence + 1 else {
            return delivery.consumerSequence <= consumerSequence ? .pass : .again
        }
        consumerSequence = delivery.consumerSequence
        guard delivery.streamSequence > last else { return .pass }
        // Stored since the walk began, and so nothing is left of what was there.
        guard delivery.streamSequence <= end else { return .finished }
        last = delivery.streamSequence
        failures = 0
        return delivery.pending == 0 || isAtEnd ? .takeLast : .take
    }

    /// Nothing is to come at the moment, and so many were sent.
    func heartbeat(lastConsumerSequence: UInt64) -> Step {
        lastConsumerSequence == consumerSequence ? .pass : .again
    }
}
