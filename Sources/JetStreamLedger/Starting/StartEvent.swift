/// What happens to a start check. Answers are those to the latest question only.
enum StartEvent: Equatable, Sendable {
    /// There is a connection: the check begins, or begins again.
    case connected
    case disconnected
    /// The stream is to be looked at again: it is said to be gone.
    case check
    /// Answers `askForAccount`: the API's level.
    case account(level: Int64)
    /// Answers `askForStream`, `createStream` and `updateStream`.
    case stream(StreamInformation)
    /// Answers `askForEpoch`; nil when there is none.
    case epoch(FoundEpoch?)
    /// Answers `writeEpoch`.
    case epochWritten(PublishOutcome)
    /// Answers `probe`.
    case probed(PublishOutcome)
    /// Any question but `probe` and `writeEpoch` was answered with an error.
    case rejected(JetStreamError)
    /// No responders: nobody subscribes to what was asked.
    case nobody
    /// This replica follows, and is current for the first time: everything that it does has been allowed by now. Until
    /// then a missing permission is refused, also after `ready`, because only following needs some of them.
    case followed
    /// The server says that this user may not publish or subscribe to something; the server's own words.
    case forbidden(String)
    case tick
}

enum StartAction: Equatable, Sendable {
    case askForAccount
    case askForStream
    case createStream(StreamConfiguration)
    /// The whole configuration, as JSON.
    case updateStream([UInt8])
    case askForEpoch
    /// Where the last one stands at this sequence, 0 for none.
    case writeEpoch(LedgerEpoch, expecting: UInt64)
    /// To `ledger.probe`, without a condition and without a message id.
    case probe
    /// Everything is as it must be.
    case ready
    /// It cannot be served from what is there; the text says what is wrong and what to do. Only before the first `ready`.
    case refuse(String)
    /// Worth a warning; each different trouble is told once until the next `ready`.
    case report(String)
}

/// In milliseconds.
enum StartTimes {
    static let answer: Int64 = 2_000
    /// From one try to the next.
    static let pause: Int64 = 1_000
    /// The same, when what was found is not expected to mend itself and this replica is running all the same.
    static let longPause: Int64 = 10_000
    /// So many times in a row nobody takes the question: then JetStream is not there, and is not just starting.
    static let nobodies = 3
}
