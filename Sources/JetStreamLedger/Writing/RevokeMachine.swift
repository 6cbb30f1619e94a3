
/// One revocation on its way through JetStream. Pure, like `RedeemMachine`, and simpler: to store it twice does no harm,
/// so an unknown outcome is only a reason to try again, and, at the deadline, to say so.
package struct RevokeMachine: Equatable, Sendable {
    package enum Event: Equatable, Sendable {
        case published(PublishOutcome)
        case pauseEnded
        /// The deadline has come.
        case expired
    }

    package enum Action: Equatable, Sendable {
        case publish
        case pause(milliseconds: Int64)
        /// Stored at this sequence: as durable as the stream is.
        case finishStored(sequence: UInt64)
        case finishUnavailable(String)
    }

    private let deadline: Int64
    private var lastTrouble = "no answer in time"
    /// In vain.
    private var tries = 0

    /// - Parameter deadline: monotonic milliseconds.
    package init(deadline: Int64) {
        self.deadline = deadline
    }

    package func start() -> Action { .publish }

    package mutating func handle(_ event: Event, now: Int64) -> Action {
        switch event {
        case .published(.stored(let sequence)):
            return .finishStored(sequence: sequence)
        case .published(.busy(let trouble)), .published(.unreached(let trouble)), .published(.unknown(let trouble)):
            lastTrouble = trouble
            tries += 1
            let pause = LedgerTimes.pause(afterTries: tries)
            guard now + pause < deadline else { return .finishUnavailable(trouble) }
            return .pause(milliseconds: pause)
        case .published(.refused(let trouble)):
            return .finishUnavailable(trouble)
        case .published(.wrongLastSequence):
            return .finishUnavailable("the server answers a condition that was not set")
        case .pauseEnded:
            return now < deadline ? .publish : .finishUnavailable(lastTrouble)
        case .expired:
            return .finishUnavailable(lastTrouble)
        }
    }
}
