import CNATS

/// One connection for a command line: it connects, makes one request at a time, and waits for each answer. Blocking,
/// with cnats' own threads, and for nothing that must be fast; a loop never uses it.
package struct RequestClient: ~Copyable {
    // Not private: other modules destroy it inline, and need its symbols.
    @safe struct Connection: ~Copyable {
        let raw: OpaquePointer

        deinit {
            unsafe natsConnection_Destroy(raw)
        }
    }

    package struct Response: Sendable, Equatable {
        package let body: [UInt8]
        /// From the headers `Nats-Service-Error-Code` and `Nats-Service-Error`; `nil` when the request succeeded.
        package let error: ServiceFailure?
        package let roundTripNanoseconds: UInt64
    }

    package struct ServiceFailure: Sendable, Equatable {
        package let code: Int
        package let text: String
    }

    let connection: Connection
    let inboxPrefix: String

    /// Tries each server once. Answers come below the configuration's `inboxPrefix`.
    package init(_ configuration: NATSConfiguration) throws(TransportError) {
        inboxPrefix = configuration.inboxPrefix
        var last = TransportError(.configuration, "no server is configured")
        for server in configuration.servers {
            do throws(TransportError) {
                connection = try Self.connect(configuration, server: server)
                return
            } catch {
                last = TransportError(error.code, "\(redacted(server)): \(error.reason)")
            }
        }
        throw last
    }

    private static func connect(
        _ configuration: NATSConfiguration, server: String
    ) throws(TransportError) -> Connection {
        let options = try ConnectionOptions.make(configuration, server: server)
        let inbox = unsafe natsOptions_SetCustomInboxPrefix(options.raw, configuration.inboxPrefix)
        guard inbox == NATS_OK else { throw TransportError(.configuration, "inbox prefix: \(lastError(inbox))") }
        // Nobody listens under 0: what the server says outside an answer is asked for where it matters.
        unsafe ServerErrors.install(0, into: options.raw)
        var created: OpaquePointer?
        let status = unsafe natsConnection_Connect(&created, options.raw)
        guard status == NATS_OK, let raw = unsafe created else { throw TransportError(.connect, lastError(status)) }
        return unsafe Connection(raw: raw)
    }

    /// The round trip is taken around cnats' calls, so it holds the hand-over from its reading thread.
    package func request(
        _ subject: String, _ body: [UInt8], timeoutMilliseconds: Int
    ) throws(TransportError) -> Response {
        let feed = try openFeed()
        let start = monotonicNanoseconds()
        let message = try ask(subject, body, answeredTo: feed, timeoutMilliseconds: timeoutMilliseconds)
        let elapsed = monotonicNanoseconds() - start
        return Response(
            body: unsafe message.payload.withUnsafeBytes { unsafe [UInt8]($0) },
            error: serviceFailure(in: message),
            roundTripNanoseconds: elapsed
        )
    }

    /// Publishes without asking for an answer, and waits until the server has it.
    package func publish(_ subject: String, _ body: [UInt8], timeoutMilliseconds: Int) throws(TransportError) {
        var status = unsafe body.withUnsafeBytes { bytes in
            unsafe natsConnection_Publish(connection.raw, subject, bytes.baseAddress, CInt(bytes.count))
        }
        if status == NATS_OK {
            status = unsafe natsConnection_FlushTimeout(connection.raw, Int64(timeoutMilliseconds))
        }
        guard status == NATS_OK else { throw failure(status) }
    }

    func failure(_ status: natsStatus) -> TransportError {
        switch status {
        case NATS_TIMEOUT: TransportError(.timeout, "no answer in time")
        case NATS_NO_RESPONDERS: TransportError(.noResponders, "nobody listens on this subject")
        default: TransportError(.send, lastError(status))
        }
    }

    private func serviceFailure(in message: borrowing Message) -> ServiceFailure? {
        guard let text = message.header(ErrorHeader.code), let code = Int(text) else { return nil }
        return ServiceFailure(code: code, text: message.header(ErrorHeader.text) ?? "")
    }
}
