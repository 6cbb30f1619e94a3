internal import TokenContract

extension ServiceError {
    /// 401: the token in this field is refused. The text names the field and the reason, never the token.
    static func refused(_ field: String, _ reason: InvalidReason) -> ServiceError {
        ServiceError(.unauthorized, "\(field) is refused: \(reason.rawValue)")
    }

    static func refused(_ field: String, _ why: String) -> ServiceError {
        ServiceError(.unauthorized, "\(field) \(why)")
    }
}
