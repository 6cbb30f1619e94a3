import NATSTransport
import TestSupport
import Testing

@Suite struct RequestClientTests {
    private func serve(_ server: NATSServer, _ configuration: NATSConfiguration) async throws -> EventLoop.Handle {
        let loop = EventLoop(configuration: configuration, endpoints: [Endpoint(subject: "work", queueGroup: "q")]) { _ in
            EchoHandler()
        }
        let handle = try loop.start()
        #expect(await eventually { handle.state == .serving })
        return handle
    }

    @Test("A request brings back the body, the error of the service, and a round-trip time")
    func request() async throws {
        let server = try NATSServer()
        let configuration = NATSConfiguration(servers: [server.url])
        let handle = try await serve(server, configuration)
        let client = try RequestClient(configuration)
        let answer = try client.request("work", Array("hello".utf8), timeoutMilliseconds: 2_000)
        #expect(answer.body == Array("hello".utf8))
        #expect(answer.error == nil)
        #expect(answer.roundTripNanoseconds > 0)
        let refused = try client.request("work", Array("error".utf8), timeoutMilliseconds: 2_000)
        #expect(refused.error?.code == 400)
        #expect(refused.error?.text.hasPrefix("malformed JSON") == true)
        #expect(refused.body == Array("{}".utf8))
        _ = await handle.drain(milliseconds: 5_000)
    }

    @Test("Nobody there, no answer in time, and no server are told apart")
    func failures() async throws {
        let server = try NATSServer()
        let client = try RequestClient(NATSConfiguration(servers: [server.url]))
        var codes: [TransportError.Code] = []
        do throws(TransportError) { _ = try client.request("nobody", [], timeoutMilliseconds: 2_000) } catch { codes.append(error.code) }
        let silent = try RawNATSClient(port: server.port)
        try silent.subscribe("silent", sid: 1)
        try silent.flush()
        do throws(TransportError) { _ = try client.request("silent", [], timeoutMilliseconds: 50) } catch { codes.append(error.code) }
        let nowhere = NATSConfiguration(servers: ["nats://u:secret@127.0.0.1:\(try Loopback.freePort())"])
        do throws(TransportError) {
            _ = try RequestClient(nowhere)
        } catch {
            codes.append(error.code)
            #expect(!error.description.contains("secret"))
        }
        #expect(codes == [.noResponders, .timeout, .connect])
    }

    /// The pair that the NATS documentation prints as its example; it opens nothing.
    private static let nkey = "UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4"
    private static let seed = "SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VY"

    @Test("User and password, token, and NKey let in; without them, or with wrong ones, nobody comes in",
        arguments: ["password", "token", "nkey"])
    func credentials(kind: String) async throws {
        let directory = try TemporaryDirectory()
        let (block, right, wrong): (String, Credentials, Credentials) =
            switch kind {
            case "password":
                ("user: u, password: p", .userPassword(user: "u", password: "p"), .userPassword(user: "u", password: "x"))
            case "token":
                ("token: t", .token("t"), .token("x"))
            default:
                (
                    "users: [{nkey: \(Self.nkey)}]",
                    .nkey(publicKey: Self.nkey, seedFile: try directory.file("user.nk", Self.seed)), .none
                )
            }
        let server = try NATSServer(configuration: "authorization { \(block) }")
        var configuration = NATSConfiguration(servers: [server.url])
        configuration.credentials = right
        let handle = try await serve(server, configuration)
        let answer = try RequestClient(configuration).request("work", [1], timeoutMilliseconds: 2_000)
        #expect(answer.body == [1])
        for credentials in [wrong, .none] {
            configuration.credentials = credentials
            var refused = false
            do throws(TransportError) { _ = try RequestClient(configuration) } catch { refused = error.code == .connect }
            #expect(refused)
        }
        _ = await handle.drain(milliseconds: 5_000)
    }
}
