internal import NATSTransport

/// Why the ledger could not be looked into. The text says what to do where something can be done.
package struct InspectionError: Error, Equatable, CustomStringConvertible {
    package enum Code: Sendable, Equatable {
        /// No server, nobody who answers for JetStream, no answer in time, or one that says to come back later.
        case unreachable
        /// The NATS user may not ask this.
        case forbidden
        /// Answered with an error, or with what cannot be read.
        case rejected(JetStreamError)
    }

    package let code: Code
    package let description: String

    init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }

    init(_ error: JetStreamError, asking subject: String) {
        guard error.errorCode != JetStreamError.streamNotFound else {
            self.init(.rejected(error), StartInspection.missing)
            return
        }
        self.init(error.mayMend ? .unreachable : .rejected(error), "\(subject): \(error)")
    }

    /// - Parameter subject: what was asked; nil while connecting.
    init(_ error: TransportError, asking subject: String?) {
        let text = subject.map { "\($0): \(error.reason)" } ?? error.reason
        switch error.code {
        case .forbidden: self.init(.forbidden, StartTrouble.forbidden(error.reason))
        case .noResponders where subject?.hasPrefix("$JS.API.") == true: self.init(.unreachable, StartTrouble.noJetStream)
        case .timeout: self.init(.unreachable, "\(text): JetStream has no leader, or cannot answer; see nats-server's log")
        default: self.init(.unreachable, text)
        }
    }
}
