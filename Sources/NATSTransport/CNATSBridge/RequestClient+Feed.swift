import CNATS

/// What is pushed to one subject of a client's own. Blocking; of one thread.
package struct Feed: ~Copyable {
    // Not private: other modules destroy it inline, and need its symbols. cnats keeps the connection for it.
    @safe struct Subscription: ~Copyable {
        let raw: OpaquePointer
        let connection: OpaquePointer

        /// cnats frees a subscription at once, also one that its reading thread is just filling: a process that left a
        /// long list early died of it, once in twenty times. So the server is told first, and asked for an echo: what the
        /// reading thread does behind that echo has nothing to do with this subscription any more.
        deinit {
            unsafe natsSubscription_Unsubscribe(raw)
            unsafe natsConnection_FlushTimeout(connection, Feed.farewellMilliseconds)
            unsafe natsSubscription_Destroy(raw)
        }
    }

    /// How long the echo of a farewell is waited for. A connection that does not answer for so long brings nothing more.
    static let farewellMilliseconds: Int64 = 2_000

    package let subject: String
    let subscription: Subscription

    /// The next message; nil when none comes in time. With a time-out of 0 only what is here already counts.
    package func next(timeoutMilliseconds: Int) throws(TransportError) -> Message? {
        var received: OpaquePointer?
        let status = unsafe natsSubscription_NextMsg(&received, subscription.raw, Int64(timeoutMilliseconds))
        switch status {
        case NATS_OK:
            guard let raw = unsafe received else { return nil }
            return unsafe Message(owning: raw)
        case NATS_TIMEOUT: return nil
        case NATS_NO_RESPONDERS: throw TransportError(.noResponders, "nobody listens on this subject")
        case NATS_SLOW_CONSUMER: throw TransportError(.send, "messages came faster than they were taken, and were lost")
        default: throw TransportError(.send, lastError(status))
        }
    }
}

extension RequestClient {
    /// Subscribes to a fresh subject below the inbox prefix.
    ///
    /// Nothing bounds what cnats holds for it (its own bounds drop messages): whoever pushes has to wait for the reader,
    /// as a consumer with flow control does.
    package func openFeed() throws(TransportError) -> Feed {
        let subject = randomInbox(inboxPrefix)
        var created: OpaquePointer?
        let status = unsafe natsConnection_SubscribeSync(&created, connection.raw, subject)
        guard status == NATS_OK, let raw = unsafe created else { throw failure(status) }
        let feed = unsafe Feed(subject: subject, subscription: Feed.Subscription(raw: raw, connection: connection.raw))
        _ = unsafe natsSubscription_SetPendingLimits(feed.subscription.raw, -1, -1)
        return feed
    }

    /// A request that may be forbidden: the server then says nothing to whoever waits for an answer, but it says so on
    /// the connection, before it answers a ping. So a missing permission is known in one round trip and not by a time-out.
    package func ask(
        _ subject: String, _ body: [UInt8], timeoutMilliseconds: Int
    ) throws(TransportError) -> Message {
        try ask(subject, body, answeredTo: openFeed(), timeoutMilliseconds: timeoutMilliseconds)
    }

    func ask(
        _ subject: String, _ body: [UInt8], answeredTo feed: borrowing Feed, timeoutMilliseconds: Int
    ) throws(TransportError) -> Message {
        let status = unsafe body.withUnsafeBytes { bytes in
            unsafe natsConnection_PublishRequest(
                connection.raw, subject, feed.subject, bytes.baseAddress, CInt(bytes.count))
        }
        guard status == NATS_OK else { throw failure(status) }
        let flushed = unsafe natsConnection_FlushTimeout(connection.raw, Int64(timeoutMilliseconds))
        guard flushed == NATS_OK else { throw failure(flushed) }
        if let text = refusal(naming: [subject, feed.subject]) { throw TransportError(.forbidden, text) }
        guard let answer = try feed.next(timeoutMilliseconds: timeoutMilliseconds) else { throw failure(NATS_TIMEOUT) }
        return answer
    }

    /// The server's last complaint, if it is about one of these subjects: the connection keeps it for ever.
    private func refusal(naming subjects: [String]) -> String? {
        var text: UnsafePointer<CChar>?
        guard unsafe natsConnection_GetLastError(connection.raw, &text) == NATS_NOT_PERMITTED, let text = unsafe text else {
            return nil
        }
        let complaint = unsafe String(cString: text)
        return subjects.contains { complaint.contains("\"\($0)\"") } ? complaint : nil
    }
}
