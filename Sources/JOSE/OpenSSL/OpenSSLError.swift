internal import COpenSSL

extension JOSEError {
    /// Takes the oldest error of this thread's OpenSSL queue, which is the one nearest to the cause, and empties
    /// the queue, so that a later failure is not blamed on this one.
    static func fromOpenSSL(_ operation: String) -> JOSEError {
        let code = ERR_get_error()
        ERR_clear_error()
        guard code != 0, let text = unsafe ERR_reason_error_string(code) else {
            return JOSEError(operation: operation, reason: "")
        }
        return JOSEError(operation: operation, reason: unsafe String(cString: text))
    }
}

/// Empties this thread's error queue after a failure that is an answer and not a defect, such as a signature
/// that does not match. The queue is a ring and cannot grow, but a stale entry would name the wrong cause later.
func forgetOpenSSLErrors() {
    ERR_clear_error()
}
