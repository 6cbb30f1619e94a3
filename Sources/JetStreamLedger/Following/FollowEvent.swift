internal import Blacklist

/// What happens to a replica that follows the ledger. Answers are those to the latest question only: whoever sends the
/// questions numbers them, and drops what answers an earlier one.
enum FollowEvent: Equatable, Sendable {
    /// There is a connection: the first, one after a loss, or another in the place of one that is being left.
    case connected
    case disconnected
    /// Answers `askForStream`.
    case stream(StreamState)
    /// Any question was answered with "stream not found" (10059).
    case streamMissing
    /// The stream has been seen to be there, or made, since `checkStream` asked for it.
    case streamReady
    /// Answers `askForRecord`; nil when there is none at that sequence.
    case record(FollowMachine.Position?)
    /// Answers `askForAnchor`; nil when that id has no revocation.
    case anchor(FollowMachine.Position?)
    /// Answers `writeFence`.
    case fenceWritten(PublishOutcome)
    /// Answers `createConsumer`.
    case consumerCreated
    /// - Parameter id: what is revoked; nil when the subject names none: a fence, or what this service cannot have
    ///   written.
    case delivered(Delivery, id: UUIDv7?)
    case heartbeat(number: UInt64, lastConsumerSequence: UInt64)
    /// A write of this replica was stored.
    case stored(sequence: UInt64)
    /// A revocation of this replica was stored: besides `stored`.
    case revoked(sequence: UInt64, id: UUIDv7)
    /// The stream looks as if it was restored from a copy; surely, when a write of this replica was stored where it had been
    /// already.
    case receded(isSure: Bool)
    /// Everything that is known is published again from now on: what stood where before tells nothing any more.
    case republishing
    /// The outstanding question was answered with an error, or will not be answered: no responders, no leader.
    case failed
    case tick
}

enum FollowAction: Equatable, Sendable {
    case askForStream
    case askForRecord(sequence: UInt64)
    case askForAnchor(id: UUIDv7)
    /// To `LedgerSubject.fence`, without a condition and without a message id.
    case writeFence
    /// From the first message, or after a sequence. Where it delivers to must be subscribed to before, by its own
    /// subject: `JetStreamRequest.createConsumer` says why.
    case createConsumer(number: UInt64, afterSequence: UInt64?)
    /// It is no longer listened to: its subscription can go too. Not a question: nobody waits for the answer.
    case deleteConsumer(number: UInt64)
    /// The delivery that was just handed in goes to the blacklist.
    case apply
    /// What this replica knows and has not expired is to be published again, in the background.
    case republish(ReplayReason)
    /// The stream is gone: to be made anew, then `streamReady`.
    case checkStream
}

/// What makes a replica publish again what it knows.
package enum ReplayReason: String, Equatable, Sendable {
    case recreated = "the stream was created anew"
    case rolledBack = "the stream is not the one that was followed: it was restored from a copy"
    case recordGone = "the record that was applied last is no longer there"
    case purged = "the stream was purged: revocations are gone that had not expired"
    /// It looks the same when nothing was purged and another replica has published everything again.
    case overtaken = "another replica has published revocations again: the stream may have been purged before"
}
