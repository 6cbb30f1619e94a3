/// A message of the consumer, as far as its place in the stream goes (out of its `$JS.ACK…` reply subject).
struct Delivery: Equatable, Sendable {
    /// Which of our consumers it came from.
    var consumer: UInt64
    var consumerSequence: UInt64
    var streamSequence: UInt64
    /// The server's time of storing, in Unix nanoseconds.
    var time: UInt64
    /// How many more the consumer has to deliver.
    var pending: UInt64
}
