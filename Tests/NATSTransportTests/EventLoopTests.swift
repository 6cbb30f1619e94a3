import NATSTransport
import TestSupport
import Testing

@Suite struct EventLoopTests {
    @Test("A request on a subject of the queue group is answered with what the handler sends")
    func echo() async throws {
        let server = try NATSServer()
        let configuration = NATSConfiguration(servers: [server.url])
        let loop = EventLoop(
            configuration: configuration, endpoints: [Endpoint(subject: "echo", queueGroup: "q")]
        ) { _ in EchoHandler() }
        let handle = try loop.start()
        while handle.state != .serving { await Task.yield() }
        let client = try RawNATSClient(port: server.port)
        for number in 0..<100 {
            let answer = try client.request("echo", Array("hello \(number)".utf8), inbox: "_INBOX.x.\(number)")
            #expect(answer.text == "hello \(number)")
        }
        #expect(handle.statistics.replied == 100)
        let outcome = await handle.drain(milliseconds: 5_000)
        #expect(outcome == .drained)
    }
}
