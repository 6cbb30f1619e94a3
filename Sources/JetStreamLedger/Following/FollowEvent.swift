/// What a stream's information tells of it.
struct StreamState: Equatable, Sendable {
    /// When it was created, as the server gives it: its identity.
    var created: String
    var lastSequence: UInt64
}

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

enum FollowEvent: Equatable, Sendable {
    case connected
    case disconnected
    case stream(StreamState)
    /// The record that was asked for; nil when there is none at that sequence.
    case record(FollowMachine.Position?)
    case consumerCreated(number: UInt64, pending: UInt64)
    case delivered(Delivery)
    case heartbeat(number: UInt64, lastConsumerSequence: UInt64, lastStreamSequence: UInt64)
    /// A write of this replica was stored.
    case stored(sequence: UInt64)
    /// A question was answered with an error, or not at all.
    case failed
    case tick
}

enum FollowAction: Equatable, Sendable {
    case askForStream
    case askForRecord(sequence: UInt64)
    /// From the first message, or after a sequence.
    case createConsumer(number: UInt64, afterSequence: UInt64?)
    /// The delivery that was just handed in goes to the blacklist.
    case apply
    /// What this replica knows and has not expired is to be published again.
    case republish(ReplayReason)
}

/// Why a replica does not go on where it stopped.
enum ReplayReason: String, Sendable {
    case recreated = "the stream was created anew"
    case rolledBack = "the stream is not the one that was followed: it was restored from a copy"
    case recordGone = "the record that was applied last is no longer there"
}

/// In milliseconds. The server is asked for a heartbeat every `heartbeat`; two lost ones are silence.
enum FollowTimes {
    static let heartbeat: Int64 = 1_000
    static let silence: Int64 = 2_500
    static let answer: Int64 = 2_000
    static let pause: Int64 = 250
    static let inspection: Int64 = 5_000
    /// The longest time without word of the ledger in which requests are still answered.
    static let maxStaleness: Int64 = 15_000
}
