import CNATS
import Glibc

/// The answer to one request: sent once, refused once, deferred, put off, or dropped, and then it is gone. It cannot be copied,
/// kept, or outlive its message, whose reply subject it uses where it lies: a success costs no allocation of ours.
///
/// Without a reply subject every way of answering does nothing.
@safe package struct Reply: ~Copyable, ~Escapable {
    private let subject: UnsafePointer<CChar>?
    private let port: Unmanaged<ReplyPort>

    /// Nil when the request's reply subject is one that this service must not answer to. A request without any passes:
    /// there is nothing to refuse.
    @_lifetime(borrow message)
    init?(to message: borrowing Message, through port: ReplyPort, below prefixes: ReplyPrefixes) {
        let subject = unsafe message.replyCString
        if let subject = unsafe subject {
            let bytes = unsafe RawSpan(_unsafeStart: subject, byteCount: strlen(subject))
            guard prefixes.accepts(bytes) else { return nil }
        }
        unsafe self.subject = subject
        unsafe self.port = .passUnretained(port)
    }

    /// To a request that has passed that test before.
    @_lifetime(borrow message)
    init(to message: borrowing Message, through port: ReplyPort) {
        unsafe subject = message.replyCString
        // The port outlives every message: the loop owns both.
        unsafe self.port = .passUnretained(port)
    }

    deinit {
        if unsafe subject != nil {
            unsafe port._withUnsafeGuaranteedRef { $0.counts.unanswered += 1 }
        }
    }

    package var hasSubject: Bool { unsafe subject != nil }

    package consuming func send(_ body: RawSpan) {
        if let subject = unsafe subject {
            unsafe port._withUnsafeGuaranteedRef { unsafe $0.publish(body, to: subject) }
        }
        discard self
    }

    /// Answers with the error headers of the NATS services convention (ADR-32).
    package consuming func sendError(code: Int, text: String, body: RawSpan) {
        if let subject = unsafe subject {
            unsafe port._withUnsafeGuaranteedRef {
                unsafe $0.publishError(code: code, text: text, body: body, to: subject)
            }
        }
        discard self
    }

    package consuming func sendError(_ error: PreparedError) {
        if let subject = unsafe subject {
            unsafe port._withUnsafeGuaranteedRef { unsafe $0.publish(error, to: subject) }
        }
        discard self
    }

    /// Defers the answer. The result owns a copy of the subject.
    package consuming func `defer`() -> DeferredReply {
        let deferred = unsafe DeferredReply(to: subject, through: port.takeUnretainedValue())
        discard self
        return deferred
    }

    /// Whether there is room for one more request of this endpoint that is put off. To be asked once, for it is counted how
    /// many there was none for.
    package var canBePutOff: Bool {
        unsafe port._withUnsafeGuaranteedRef { port in
            if port.roomForPutOff &>> UInt64(port.endpoint) & 1 == 1 { return true }
            port.turnedAway += 1
            return false
        }
    }

    /// Has the loop keep the request and hand it over again, as `RequestHandler.handlePutOff`, when what came in with it
    /// has been answered and those answers are written. To be asked `canBePutOff` before.
    package consuming func putOff() {
        unsafe port._withUnsafeGuaranteedRef { $0.isPutOff = true }
        discard self
    }

    /// Ends the request without an answer, on purpose.
    package consuming func drop() {
        discard self
    }
}
