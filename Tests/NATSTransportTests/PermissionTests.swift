import NATSTransport
import Synchronization
import TestSupport
import Testing

@Suite("What the server does not permit is said, and never taken for serving")
struct PermissionTests {
    private static let configuration = """
        authorization {
          users = [
            { user: half, password: p, permissions: { subscribe: ["allowed", "_INBOX.>"], publish: ["_INBOX.>"] } }
            { user: other, password: p }
          ]
        }
        """

    @Test("A user who may not subscribe to one of the subjects does not serve, and the reason names it", .timeLimit(.minutes(1)))
    func refusedSubscription() async throws {
        let server = try NATSServer(configuration: Self.configuration)
        let events = Mutex<[LoopEvent]>([])
        let loop = EventLoop(
            configuration: NATSConfiguration(
                servers: [server.url], credentials: .userPassword(user: "half", password: "p")),
            endpoints: [
                Endpoint(subject: "allowed", queueGroup: "q"), Endpoint(subject: "forbidden", queueGroup: "q"),
            ],
            onEvent: { event in events.withLock { $0.append(event) } },
            makeHandler: { _ in EchoHandler() })
        let handle = try loop.start()
        let reasons = {
            events.withLock { $0.compactMap { if case .notPermitted(let reason) = $0 { reason } else { nil } } }
        }
        // Tried again and again, and each time the server's words name the subject.
        #expect(await eventually { reasons().count >= 2 })
        #expect(reasons().allSatisfy { $0.contains("forbidden") })
        #expect(events.withLock { !$0.contains(.joined) })
        #expect(handle.state != .serving)
        _ = await handle.drain(milliseconds: 0)
    }

    @Test("A reply that the server would not take is an error for its caller, and not silence", .timeLimit(.minutes(1)))
    func maxPayload() async throws {
        let server = try NATSServer(configuration: "max_payload: 1024")
        let loop = EventLoop(
            configuration: NATSConfiguration(servers: [server.url]),
            endpoints: [Endpoint(subject: "large", queueGroup: "q")],
            makeHandler: { _ in LargeReplyHandler() })
        let handle = try loop.start()
        #expect(await eventually { handle.state == .serving })
        let client = try RequestClient(NATSConfiguration(servers: [server.url]))
        let response = try client.request("large", [], timeoutMilliseconds: 5_000)
        #expect(response.error?.code == 500)
        #expect(response.error?.text.contains("max_payload") == true)
        _ = await handle.drain(milliseconds: 1_000)
    }

    private final class LargeReplyHandler: RequestHandler {
        private let body = [UInt8](repeating: 0x20, count: 2_000)

        func handle(_ message: borrowing Message, endpoint: Int, reply: consuming Reply) {
            answer(body, reply)
        }

        private func answer(_ body: [UInt8], _ reply: consuming Reply) {
            unsafe reply.send(body.span.bytes)
        }
    }
}
