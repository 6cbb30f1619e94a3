/// What became of one publish to the stream.
package enum PublishOutcome: Equatable, Sendable {
    /// Stored, now or (a duplicate) before.
    case stored(sequence: UInt64)
    /// 10071: the family's last record is not the expected one. Nothing was stored by *this* publish.
    case wrongLastSequence
    /// Not stored, and worth another try: another write to the same subjects is in flight (10164, 10163), or the
    /// stream has no leader at the moment.
    case busy(String)
    /// Nobody took it: no responders, or no connection to send it on.
    case unreached(String)
    /// No answer in time. It may be stored.
    case unknown(String)
    /// Not stored, and another try would not help: the stream is full, its storage is gone, permission is missing.
    case refused(String)
}

extension PublishOutcome {
    /// The outcome that a server's error stands for.
    package init(_ error: JetStreamError) {
        switch error.errorCode {
        case JetStreamError.wrongLastSequence:
            self = .wrongLastSequence
        case JetStreamError.writeInFlight, JetStreamError.cannotCheckYet, JetStreamError.notLeader:
            self = .busy(error.description)
        case JetStreamError.duplicateInFlight:
            self = .unknown(error.description)
        default:
            self = error.mayMend ? .busy(error.description) : .refused(error.description)
        }
    }
}
