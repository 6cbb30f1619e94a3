import CNATS

/// Where all of a loop's answers go out: the current session's connection, or, for late ones without a session, a
/// bounded queue that the next session takes. On the loop's thread only.
@safe final class ReplyPort {
    struct ErrorHeaders {
        let code: Int
        let text: String
    }

    private struct Parked {
        let subject: [CChar]
        let body: [UInt8]
        let error: ErrorHeaders?
    }

    var counts = LoopStatistics()
    /// Deferred replies that are alive.
    var outstanding = 0
    /// The request that is being handled is to be handed over again later.
    var isPutOff = false
    /// Requests that have been put off, kept for the drain's sake; see `PutOffRequests`.
    var putOffCount = 0
    /// A bit for each endpoint.
    var roomForPutOff = UInt64.max
    /// For how many there was no room since the turn's beginning.
    var turnedAway = 0
    /// Of the request that is being handled.
    var endpoint = 0
    private var connection: OpaquePointer?
    private var parked: [Parked] = []
    private var parkedBytes = 0
    private let limits: TransportLimits
    /// Errors that have been sent. A refusal must stay cheap: who floods the service is refused most of the time.
    private var spent = SpentMessages(.own)

    init(limits: TransportLimits) {
        self.limits = limits
    }

    /// What a drain must wait for.
    var owedReplies: Int { outstanding + parked.count + putOffCount }

    var isOpen: Bool { unsafe connection != nil }

    /// Late replies go out as soon as there is a session.
    func open(_ session: NATSSession) {
        unsafe connection = session.connection
        let waiting = parked
        parked = []
        parkedBytes = 0
        for reply in waiting {
            unsafe sendLate(reply.body.span.bytes, error: reply.error, to: reply.subject)
        }
    }

    func close() {
        unsafe connection = nil
    }

    func publish(_ body: RawSpan, to subject: UnsafePointer<CChar>) {
        guard let connection = unsafe connection else { return counts.undeliverable += 1 }
        let status = unsafe body.withUnsafeBytes { bytes in
            unsafe natsConnection_Publish(connection, subject, bytes.baseAddress, CInt(bytes.count))
        }
        switch status {
        case NATS_OK:
            counts.replied += 1
        case NATS_MAX_PAYLOAD:
            // The caller must not wait for what can never come.
            let text = "the reply has \(body.byteCount) bytes, more than the server's max_payload"
            unsafe publishError(code: 500, text: text, body: RawSpan(), to: subject)
        default:
            counts.undeliverable += 1
        }
    }

    func publishError(code: Int, text: String, body: RawSpan, to subject: UnsafePointer<CChar>) {
        unsafe publish(body, to: subject) { message in
            unsafe natsMsgHeader_Set(message, ErrorHeader.code, String(code)) == NATS_OK
                && natsMsgHeader_Set(message, ErrorHeader.text, ErrorHeader.line(text)) == NATS_OK
        }
    }

    func publish(_ error: PreparedError, to subject: UnsafePointer<CChar>) {
        unsafe publish(error.body.span.bytes, to: subject) { message in
            unsafe natsMsgHeader_Set(message, ErrorHeader.code, error.code) == NATS_OK
                && natsMsgHeader_Set(message, ErrorHeader.text, error.text) == NATS_OK
        }
    }

    private func publish(
        _ body: RawSpan, to subject: UnsafePointer<CChar>, withHeaders addHeaders: (OpaquePointer) -> Bool
    ) {
        guard let connection = unsafe connection else { return counts.undeliverable += 1 }
        var created: OpaquePointer?
        let status = unsafe body.withUnsafeBytes { bytes in
            unsafe natsMsg_Create(
                &created, subject, nil, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), CInt(bytes.count))
        }
        guard status == NATS_OK, let message = unsafe created else { return counts.undeliverable += 1 }
        defer { spent.add(unsafe Message(owning: message)) }
        let sent = unsafe addHeaders(message) && natsConnection_PublishMsg(connection, message) == NATS_OK
        if sent { counts.errorsReplied += 1 } else { counts.undeliverable += 1 }
    }

    func freeSpent(always: Bool) {
        spent.free(always: always)
    }

    func sendLate(_ body: RawSpan, error: ErrorHeaders?, to subject: [CChar]) {
        guard unsafe connection != nil else { return park(body, error: error, to: subject) }
        unsafe subject.withUnsafeBufferPointer { characters in
            guard let subject = characters.baseAddress else { return }
            if let error {
                unsafe publishError(code: error.code, text: error.text, body: body, to: subject)
            } else {
                unsafe publish(body, to: subject)
            }
        }
    }

    private func park(_ body: RawSpan, error: ErrorHeaders?, to subject: [CChar]) {
        guard parked.count < limits.parkedReplies, parkedBytes + body.byteCount <= limits.parkedReplyBytes else {
            return counts.undeliverable += 1
        }
        let bytes = unsafe body.withUnsafeBytes { unsafe [UInt8]($0) }
        parkedBytes += bytes.count
        parked.append(Parked(subject: subject, body: bytes, error: error))
    }
}
