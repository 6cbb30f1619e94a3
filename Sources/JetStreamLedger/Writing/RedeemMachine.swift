package import TokenOperations

/// One redemption on its way through JetStream. Pure: no socket, no clock; events and times go in, actions come out.
///
/// What it has to get right is that a publish whose answer is lost may have been stored:
/// - It is repeated with the same `Nats-Msg-Id` until the deadline. The server checks the expected sequence *before* it
///   looks for duplicates, so the repetition of a redemption that was stored does not answer `duplicate` but 10071, like
///   a lost race. The family's last record then tells: when it is this very redemption, this replica won.
/// - When an answer was lost and the last record is a *later* generation, this redemption may have been stored, answered
///   from the record by another replica, and gone on from there. That is not a reuse, and must not revoke the family:
///   the outcome is unknown. When the last record redeemed this redemption's own successor, that is even certain.
package struct RedeemMachine: Equatable, Sendable {
    package enum Event: Equatable, Sendable {
        case published(PublishOutcome)
        /// The answer to `readLast`; nil when the family has no record.
        case lastRecord(FamilyRecord?)
        /// The read was not answered, or not with a record.
        case readFailed(String)
        /// The pause that `pause` asked for is over.
        case pauseEnded
        /// The deadline has come.
        case expired
    }

    package enum Action: Equatable, Sendable {
        case publish
        case readLast
        case pause(milliseconds: Int64)
        case finish(RedeemOutcome)
    }

    package let redemption: Redemption
    private let deadline: Int64
    /// Whether an attempt may have been stored without our knowing.
    private var isAmbiguous = false
    private var lastTrouble = "no answer in time"
    /// In vain.
    private var tries = 0
    private var nextStep = Action.publish
    /// Whether the answer that is waited for is a read's, and not a publish's.
    package private(set) var isReading = false

    /// - Parameter deadline: monotonic milliseconds.
    package init(_ redemption: Redemption, deadline: Int64) {
        self.redemption = redemption
        self.deadline = deadline
    }

    /// The first action.
    package func start() -> Action { .publish }

    package mutating func handle(_ event: Event, now: Int64) -> Action {
        let action = act(on: event, now: now)
        isReading = action == .readLast
        return action
    }

    private mutating func act(on event: Event, now: Int64) -> Action {
        switch event {
        case .published(.stored(let sequence)):
            return .finish(.redeemed(revision: sequence))
        case .published(.wrongLastSequence):
            return .readLast
        case .published(.busy(let trouble)), .published(.unreached(let trouble)):
            return again(.publish, trouble, now: now)
        case .published(.unknown(let trouble)):
            isAmbiguous = true
            return again(.publish, trouble, now: now)
        case .published(.refused(let trouble)):
            return .finish(.unavailable(trouble))
        case .lastRecord(let record):
            return .finish(decide(record))
        case .readFailed(let trouble):
            return again(.readLast, trouble, now: now)
        case .pauseEnded:
            return now < deadline ? nextStep : .finish(.unavailable(lastTrouble))
        case .expired:
            return .finish(.unavailable(lastTrouble))
        }
    }

    private mutating func again(_ step: Action, _ trouble: String, now: Int64) -> Action {
        lastTrouble = trouble
        nextStep = step
        tries += 1
        let pause = LedgerTimes.pause(afterTries: tries)
        guard now + pause < deadline else { return .finish(.unavailable(trouble)) }
        return .pause(milliseconds: pause)
    }

    private func decide(_ record: FamilyRecord?) -> RedeemOutcome {
        guard case .redeemed(let last, let revision) = record else { return .conflict(record) }
        if last.successor == redemption.successor, last.tokenID == redemption.tokenID {
            return .redeemed(revision: revision)
        }
        if last.tokenID == redemption.successor.refreshID || isAmbiguous && last.generation > redemption.generation {
            return .unavailable("an answer was lost, and the family has gone on since")
        }
        return .conflict(record)
    }
}
