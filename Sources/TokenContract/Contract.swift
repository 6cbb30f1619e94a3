/// The names that callers and operators meet, in one place. They belong to the contract, so none of them changes
/// without a new major version of it.
package enum Contract {
    package static let title = "Token Service API"
    /// The contract's version, which is not the program's.
    package static let version = "1.0.0"
    /// The queue group that the replicas share, unless another one is configured.
    package static let queueGroup = "q"
    /// An extension: the subject on which the public JWK Set is asked for.
    package static let publicKeysSubject = "get_jwks"
    /// The error headers of the NATS services convention (ADR-32).
    package static let errorCodeHeader = "Nats-Service-Error-Code"
    package static let errorTextHeader = "Nats-Service-Error"
}
