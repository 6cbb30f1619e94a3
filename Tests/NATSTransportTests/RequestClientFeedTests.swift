import NATSTransport
import TestSupport
import Testing

@Suite("A command line's client asks within what its user may, and reads what is pushed to it")
struct RequestClientFeedTests {
    private static let permissions = """
        authorization { users: [
            { user: all, password: p }
            { user: narrow, password: p, permissions { publish: [ "work", "_INBOX_a.>" ], subscribe: [ "_INBOX_a.>" ] } }
        ] }
        """

    private func client(_ server: NATSServer, inboxPrefix: String) throws -> RequestClient {
        try RequestClient(
            NATSConfiguration(
                servers: [server.url], credentials: .userPassword(user: "narrow", password: "p"), inboxPrefix: inboxPrefix))
    }

    private func bytes(_ message: borrowing Message) -> [UInt8] {
        let payload = message.payload
        return (0..<payload.byteCount).map { unsafe payload.unsafeLoad(fromByteOffset: $0, as: UInt8.self) }
    }

    private func ask(_ client: borrowing RequestClient, _ subject: String, _ body: [UInt8] = []) throws(TransportError) -> [UInt8] {
        let answer = try client.ask(subject, body, timeoutMilliseconds: 30_000)
        return bytes(answer)
    }

    private func failure(_ client: borrowing RequestClient, _ subject: String) -> TransportError? {
        do throws(TransportError) {
            _ = try ask(client, subject)
            return nil
        } catch {
            return error
        }
    }

    private func serve(_ server: NATSServer) async throws -> EventLoop.Handle {
        let configuration = NATSConfiguration(
            servers: [server.url], credentials: .userPassword(user: "all", password: "p"))
        let handle = try EventLoop(configuration: configuration, endpoints: [Endpoint(subject: "work", queueGroup: "q")]) { _ in
            EchoHandler()
        }.start()
        #expect(await eventually { handle.state == .serving })
        return handle
    }

    @Test("Answers come below the inbox prefix, which may be all that the user may subscribe to")
    func inboxPrefix() async throws {
        let server = try NATSServer(configuration: Self.permissions)
        let handle = try await serve(server)
        let client = try client(server, inboxPrefix: "_INBOX_a")
        #expect(try client.request("work", [1, 2], timeoutMilliseconds: 2_000).body == [1, 2])
        #expect(try ask(client, "work", [3]) == [3])
        _ = await handle.drain(milliseconds: 5_000)
    }

    @Test("What is forbidden is known at once, named, and does not spoil what is allowed")
    func forbidden() async throws {
        let server = try NATSServer(configuration: Self.permissions)
        let handle = try await serve(server)
        let narrow = try client(server, inboxPrefix: "_INBOX_a")
        let start = ContinuousClock.now
        let refused = failure(narrow, "other")
        #expect(refused?.code == .forbidden && refused?.reason.contains("\"other\"") == true)
        #expect(try ask(narrow, "work", [3]) == [3])
        let deaf = try client(server, inboxPrefix: "_INBOX_b")
        #expect(failure(deaf, "work")?.code == .forbidden)
        #expect(start.duration(to: .now) < .seconds(20))
        _ = await handle.drain(milliseconds: 5_000)
    }

    @Test("Nobody there and no answer in time are told apart, as for a request")
    func failures() throws {
        let server = try NATSServer()
        let client = try RequestClient(NATSConfiguration(servers: [server.url]))
        var codes: [TransportError.Code] = []
        do throws(TransportError) { _ = try client.ask("nobody", [], timeoutMilliseconds: 2_000) } catch { codes.append(error.code) }
        let silent = try RawNATSClient(port: server.port)
        try silent.subscribe("silent", sid: 1)
        try silent.flush()
        do throws(TransportError) { _ = try client.ask("silent", [], timeoutMilliseconds: 50) } catch { codes.append(error.code) }
        #expect(codes == [.noResponders, .timeout])
    }

    @Test("A feed gives what is published to it, in order, nothing when there is nothing, and an error when the server is gone")
    func feed() throws {
        let server = try NATSServer()
        let client = try RequestClient(NATSConfiguration(servers: [server.url]))
        let feed = try client.openFeed()
        #expect(try feed.next(timeoutMilliseconds: 0) == nil)
        for number: UInt8 in 0..<200 { try client.publish(feed.subject, [number], timeoutMilliseconds: 2_000) }
        var received: [UInt8] = []
        while received.count < 200, let message = try feed.next(timeoutMilliseconds: 5_000) { received += bytes(message) }
        #expect(received == Array(0..<200))
        server.kill()
        var code: TransportError.Code?
        do throws(TransportError) { _ = try feed.next(timeoutMilliseconds: 30_000) } catch { code = error.code }
        #expect(code == .send)
    }
}
