/// The codes that a caller can meet in `Nats-Service-Error-Code`; the numbers are HTTP's, as ADR-32 has it.
package enum ServiceErrorCode: Int, CaseIterable, Sendable {
    /// Malformed JSON, or a request that the schema refuses. The same request will never succeed.
    case badRequest = 400
    /// The token was refused.
    case unauthorized = 401
    /// Over a limit of `RequestLimits`.
    case tooLarge = 413
    /// A defect of this service.
    case internalError = 500
    /// The ledger is out of reach, or the outcome is unknown: worth another try, and never a success in disguise.
    case unavailable = 503
}
