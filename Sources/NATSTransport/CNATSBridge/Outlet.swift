import CNATS

/// Where what a handler itself has to say goes out: the session that takes the answers, or nothing while there is none.
///
/// Nothing is kept for later here: whoever publishes is told at once that it did not go out, knows best whether it is
/// still worth saying, and has deadlines of his own. On the loop's thread only.
@safe final class Outlet {
    private var session: NATSSession?
    private var spent = SpentMessages(.own)

    /// The session that it leads to.
    var tag: UInt64? { session?.tag }

    /// The subjects below it come to this loop, as long as the session lives.
    var inbox: String? { session?.inboxSubject }

    /// A fresh subject each time: what was on its way to the former one cannot come in through this one.
    func openFeed(prefix: String) -> String? {
        guard let session, !session.isLost else { return nil }
        let subject = randomInbox(prefix)
        return session.openFeed(subject) ? subject : nil
    }

    func lead(to session: NATSSession?) {
        self.session = session
    }

    /// The session that takes it, or nil.
    func publish(
        _ subject: String, reply: String?, headers: [LoopContext.Header], _ body: RawSpan
    ) -> UInt64? {
        guard let session, !session.isLost else { return nil }
        let status =
            if headers.isEmpty {
                unsafe publish(subject, reply, body, on: session.connection)
            } else {
                unsafe publishMessage(subject, reply, headers, body, on: session.connection)
            }
        return status == NATS_OK ? session.tag : nil
    }

    private func publish(
        _ subject: String, _ reply: String?, _ body: RawSpan, on connection: OpaquePointer
    ) -> natsStatus {
        unsafe body.withUnsafeBytes { bytes in
            if let reply {
                unsafe natsConnection_PublishRequest(
                    connection, subject, reply, bytes.baseAddress, CInt(bytes.count))
            } else {
                unsafe natsConnection_Publish(connection, subject, bytes.baseAddress, CInt(bytes.count))
            }
        }
    }

    private func publishMessage(
        _ subject: String, _ reply: String?, _ headers: [LoopContext.Header], _ body: RawSpan,
        on connection: OpaquePointer
    ) -> natsStatus {
        var created: OpaquePointer?
        let status = unsafe body.withUnsafeBytes { bytes in
            unsafe natsMsg_Create(
                &created, subject, reply, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), CInt(bytes.count))
        }
        guard status == NATS_OK, let raw = unsafe created else { return status }
        defer { spent.add(unsafe Message(owning: raw)) }
        for header in headers {
            let status = unsafe natsMsgHeader_Set(raw, header.name, header.value)
            guard status == NATS_OK else { return status }
        }
        return unsafe natsConnection_PublishMsg(connection, raw)
    }

    func freeSpent(always: Bool) {
        spent.free(always: always)
    }
}
