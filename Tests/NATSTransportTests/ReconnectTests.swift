import NATSTransport
import Synchronization
import TestSupport
import Testing

/// What a loop does when the server goes away, stops, or cuts.
@Suite struct ReconnectTests {
    private let endpoints = [Endpoint(subject: "work", queueGroup: "q")]

    private func loop(
        _ configuration: NATSConfiguration, events: EventRecord = EventRecord(),
        handler: @escaping EventLoop.HandlerFactory = { _ in EchoHandler() }
    ) throws -> EventLoop.Handle {
        let loop = EventLoop(
            configuration: configuration, endpoints: endpoints, onEvent: { events.append($0) }, makeHandler: handler)
        return try loop.start()
    }

    @Test("A server that was killed and returns on the same port is served again by itself within two seconds")
    func serverKilled() async throws {
        let server = try NATSServer()
        let handle = try loop(NATSConfiguration(servers: [server.url]))
        #expect(await eventually { handle.state == .serving })
        for round in 0..<5 {
            server.kill()
            #expect(await eventually { handle.state == .disconnected })
            // Long enough away for the waits to have grown.
            try await Task.sleep(for: .milliseconds(round * 400))
            try server.start()
            let returned = ContinuousClock.now
            #expect(await eventually(within: .seconds(2)) { handle.state == .serving })
            let client = try RawNATSClient(port: server.port)
            #expect(try client.request("work", [7], inbox: "_INBOX.k.\(round)").payload == [7])
            #expect(ContinuousClock.now - returned < .seconds(2))
        }
        #expect(handle.statistics.sessions == 6)
        _ = await handle.drain(milliseconds: 5_000)
    }

    @Test("Of several servers the loop finds the one that lives")
    func severalServers() async throws {
        let server = try NATSServer()
        let dead = try (0..<3).map { _ in "nats://user:secret@127.0.0.1:\(try Loopback.freePort())" }
        let events = EventRecord()
        let handle = try loop(NATSConfiguration(servers: dead + [server.url]), events: events)
        #expect(await eventually { handle.state == .serving })
        // Passwords do not get into events.
        #expect(!"\(events.all)".contains("secret"))
        _ = await handle.drain(milliseconds: 5_000)
    }

    @Test("A loop that finds no server can be stopped, long before the deadline")
    func stopsWhileDisconnected() async throws {
        let handle = try loop(NATSConfiguration(servers: ["nats://127.0.0.1:\(try Loopback.freePort())"]))
        #expect(await eventually { handle.statistics.sessions == 0 && handle.state == .disconnected })
        #expect(await handle.drain(milliseconds: 60_000) != .timedOut)
    }

    @Test("A server that stops without a word is given up when the loop's echo stays away, and served when it wakes up")
    func serverStops() async throws {
        let server = try NATSServer()
        let events = EventRecord()
        var configuration = NATSConfiguration(servers: [server.url])
        configuration.limits.echoIntervalMilliseconds = 100
        configuration.limits.echoTimeoutMilliseconds = 300
        configuration.limits.connectTimeoutMilliseconds = 300
        let handle = try loop(configuration, events: events)
        #expect(await eventually { handle.state == .serving })
        server.pause()
        #expect(await eventually {
            events.contains { $0 == .disconnected(session: 1, reason: .echoTimedOut) }
        })
        #expect(handle.state == .disconnected)
        server.resume()
        #expect(await eventually(within: .seconds(2)) { handle.state == .serving })
        let client = try RawNATSClient(port: server.port)
        #expect(try client.request("work", [7], inbox: "_INBOX.s").payload == [7])
        _ = await handle.drain(milliseconds: 5_000)
    }

    @Test("A server that sends but does not read cannot make the loop grow: it stops reading at the bound")
    func floodIsBounded() async throws {
        let fake = try FakeNATSServer { _ in
            var script = FakeNATSServer.Script()
            script.deliveries = [("work", "_INBOX.f", [UInt8](repeating: 1, count: 1_000))]
            script.floodsWithoutReading = true
            return script
        }
        let events = EventRecord()
        var configuration = NATSConfiguration(servers: [fake.url])
        configuration.limits.pauseReadingBytes = 1 << 20
        configuration.limits.resumeReadingBytes = 1 << 18
        configuration.limits.closeBytes = 8 << 20
        configuration.limits.echoTimeoutMilliseconds = 500
        let handle = try loop(configuration, events: events)
        #expect(await eventually { events.contains { if case .readingPaused = $0 { true } else { false } } })
        #expect(await eventually { events.contains { $0 == .disconnected(session: 1, reason: .echoTimedOut) } })
        // The bound, and what one read of 128 KiB can still add to it.
        #expect(handle.statistics.bufferedHighWater < (1 << 20) + 3 * (128 << 10))
        #expect(handle.statistics.bufferedHighWater > 1 << 20)
        fake.stop()
        _ = await handle.drain(milliseconds: 0)
    }

    @Test("A session whose output stays far over the bound is given up without waiting for the server")
    func stuckOutputIsGivenUp() async throws {
        let fake = try FakeNATSServer { _ in
            var script = FakeNATSServer.Script()
            script.deliveries = [("work", "_INBOX.f", [UInt8](repeating: 1, count: 100))]
            script.floodsWithoutReading = true
            return script
        }
        let events = EventRecord()
        var configuration = NATSConfiguration(servers: [fake.url])
        configuration.limits.closeBytes = 8 << 20
        configuration.limits.overLimitMilliseconds = 300
        let handle = try loop(configuration, events: events) { _ in AmplifyingHandler(replyBytes: 1 << 16) }
        #expect(await eventually { events.contains { $0 == .disconnected(session: 1, reason: .outputStuck) } })
        fake.stop()
        _ = await handle.drain(milliseconds: 0)
    }

    @Test("An answer that was put off outlives its connection: it waits, and the next session takes it")
    func deferredAcrossReconnect() async throws {
        let port = try Loopback.freePort()
        let count = DeferringHandler.Count()
        let first = try FakeNATSServer(port: port) { _ in
            var script = FakeNATSServer.Script()
            script.deliveries = [("work", "_INBOX.waits", Array("owed".utf8))]
            return script
        }
        let handle = try loop(NATSConfiguration(servers: [first.url])) { _ in DeferringHandler(count) }
        #expect(await eventually { count.held.load(ordering: .relaxed) == 1 })
        first.stop()
        #expect(await eventually { handle.state == .disconnected })
        handle.wake()
        let second = try FakeNATSServer(port: port) { _ in FakeNATSServer.Script() }
        #expect(
            await eventually {
                second.published.contains(.init(session: 0, subject: "_INBOX.waits", payload: Array("owed".utf8)))
            })
        #expect(await handle.drain(milliseconds: 5_000) == .drained)
        #expect(handle.statistics.replied == 1)
        second.stop()
    }
}
