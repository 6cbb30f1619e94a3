package import Blacklist

/// Something to be sent to the server; its answer is to be handed back with the same token.
package struct LedgerSend: Equatable, Sendable {
    package enum Content: Equatable, Sendable {
        /// To the stream.
        case publish(subject: String, condition: Condition?, messageID: String, body: [UInt8])
        /// The last record of a family, from the stream's leader.
        case readLast(family: UUIDv7)
    }

    /// `Nats-Expected-Last-Subject-Sequence` over `Nats-Expected-Last-Subject-Sequence-Subject`.
    package struct Condition: Equatable, Sendable {
        package var sequence: UInt64
        package var subjects: String
    }

    package var token: AttemptToken
    package var content: Content

    var isRead: Bool {
        switch content {
        case .publish: false
        case .readLast: true
        }
    }
}

/// Names one attempt of one request; a late answer to an earlier attempt is known for what it is.
package struct AttemptToken: Hashable, Sendable {
    package var request: UInt64
    package var attempt: UInt32
}
