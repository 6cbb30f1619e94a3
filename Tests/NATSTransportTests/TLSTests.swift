import NATSTransport
import Synchronization
import TestSupport
import Testing

/// TLS against a real nats-server.
@Suite struct TLSTests {
    private let endpoints = [Endpoint(subject: "work", queueGroup: "q")]

    private func loop(
        _ configuration: NATSConfiguration, events: EventRecord = EventRecord(),
        handler: @escaping EventLoop.HandlerFactory = { _ in EchoHandler() }
    ) throws -> EventLoop.Handle {
        try EventLoop(
            configuration: configuration, endpoints: endpoints, onEvent: { events.append($0) }, makeHandler: handler
        ).start()
    }

    /// A server with TLS, and one without for the test's own side, joined to a cluster. (One server that lets both in
    /// does not do: it only offers TLS, and cnats 3.4.1 takes what is demanded.)
    private struct Cluster {
        let encrypted: NATSServer
        let plain: NATSServer

        init(_ certificates: TestCertificates, verify: Bool = false) throws {
            let route = try Loopback.freePort()
            encrypted = try NATSServer(
                configuration: certificates.serverBlock(verify: verify)
                    + "\ncluster { name: c, listen: \"127.0.0.1:\(route)\" }")
            plain = try NATSServer(
                configuration: "cluster { name: c, listen: \"127.0.0.1:\(try Loopback.freePort())\", "
                    + "routes: [\"nats-route://127.0.0.1:\(route)\"] }")
        }

        /// A client on the plain side, for which the loop on the other side can be seen.
        func client() async throws -> RawNATSClient {
            let client = try RawNATSClient(port: plain.port)
            #expect(try await eventually { try client.request("work", [0], inbox: "_INBOX.seen").headers.isEmpty })
            return client
        }
    }

    private func configuration(port: Int, _ certificates: TestCertificates) -> NATSConfiguration {
        NATSConfiguration(
            servers: ["tls://127.0.0.1:\(port)"],
            tls: TLSConfiguration(authorityFile: certificates.authority, expectedHostname: "localhost"))
    }

    @Test("Requests are answered over TLS, one byte and many records, one by one and in a burst")
    func echo() async throws {
        let certificates = try TestCertificates()
        let cluster = try Cluster(certificates)
        let handle = try loop(configuration(port: cluster.encrypted.port, certificates))
        try #require(await eventually { handle.state == .serving })
        let client = try await cluster.client()
        for size in [0, 1, 16_383, 16_384, 16_385, 400_000] {
            let payload = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31) }
            #expect(try client.request("work", payload, inbox: "_INBOX.t.\(size)").payload == payload)
        }
        try client.subscribe("_INBOX.b.*", sid: 1)
        for number in 0..<5_000 { try client.publish("work", reply: "_INBOX.b.\(number)", Array("\(number)".utf8)) }
        var answers: [String] = []
        for _ in 0..<5_000 { answers.append(try client.next().text) }
        #expect(answers == (0..<5_000).map { "\($0)" })
        #expect(await handle.drain(milliseconds: 5_000) == .drained)
    }

    @Test("A client certificate is shown where the server demands one")
    func clientCertificate() async throws {
        let certificates = try TestCertificates()
        let cluster = try Cluster(certificates, verify: true)
        var configuration = configuration(port: cluster.encrypted.port, certificates)
        configuration.tls?.clientCertificate = .init(
            certificateFile: certificates.clientCertificate, keyFile: certificates.clientKey)
        let handle = try loop(configuration)
        try #require(await eventually { handle.state == .serving })
        _ = await handle.drain(milliseconds: 5_000)

        configuration.tls?.clientCertificate = nil
        #expect(throws: TransportError.self) { _ = try RequestClient(configuration).self }
    }

    @Test("A server whose certificate comes from elsewhere, or carries another name, is not talked to")
    func refusedServers() async throws {
        let certificates = try TestCertificates()
        let cluster = try Cluster(certificates)
        var strange = configuration(port: cluster.encrypted.port, certificates)
        strange.tls?.authorityFile = try TestCertificates().authority
        var misnamed = configuration(port: cluster.encrypted.port, certificates)
        misnamed.tls?.expectedHostname = "elsewhere.example"
        for configuration in [strange, misnamed] {
            let events = EventRecord()
            let handle = try loop(configuration, events: events)
            #expect(await eventually { events.contains { if case .connectFailed = $0 { true } else { false } } })
            #expect(handle.statistics.sessions == 0)
            _ = await handle.drain(milliseconds: 0)
        }
    }

    @Test("A TLS record that has arrived in part does not hold the loop: wakes and timers go on, and the rest is read when it comes",
        arguments: [1, 4, 5, 6, 100])
    func partialRecord(bytes: Int) async throws {
        let certificates = try TestCertificates()
        let cluster = try Cluster(certificates)
        let proxy = try TCPProxy(target: cluster.encrypted.port)
        let counts = WakeHandler.Counts()
        let handle = try loop(configuration(port: proxy.port, certificates)) { WakeHandler(counts, $0) }
        try #require(await eventually { handle.state == .serving })
        let client = try await cluster.client()
        try client.subscribe("_INBOX.p.*", sid: 1)
        for round in 0..<3 {
            proxy.set(.holdAfter(bytes))
            try client.publish("work", reply: "_INBOX.p.\(round)", [UInt8](repeating: 1, count: 1_000))
            #expect(await eventually { proxy.heldBytes > 0 })
            let turns = counts.turns.load(ordering: .relaxed)
            let start = ContinuousClock.now
            // The loop goes through whole turns while the record hangs.
            for _ in 0..<20 {
                let wakes = counts.mailbox.load(ordering: .relaxed)
                let timers = counts.timer.load(ordering: .relaxed)
                handle.wake()
                #expect(await eventually(within: .seconds(5)) {
                    counts.mailbox.load(ordering: .relaxed) > wakes && counts.timer.load(ordering: .relaxed) > timers
                })
            }
            #expect(proxy.heldBytes > 0)
            // But not in circles: by wakes, by its timer each 5 ms, by its own retries each 1 ms at most.
            let milliseconds = Int((ContinuousClock.now - start) / .milliseconds(1))
            #expect(counts.turns.load(ordering: .relaxed) - turns <= 2 * milliseconds + 50)
            proxy.set(.full)
            #expect(try client.next().subject == "_INBOX.p.\(round)")
        }
        #expect(await handle.drain(milliseconds: 5_000) == .drained)
        proxy.stop()
    }

    @Test("A connection that ends in mid-record is noticed at once, not when the echo is missed")
    func endInRecord() async throws {
        let certificates = try TestCertificates()
        let cluster = try Cluster(certificates)
        let proxy = try TCPProxy(target: cluster.encrypted.port)
        let events = EventRecord()
        var configuration = configuration(port: proxy.port, certificates)
        // Nothing of the loop's own would find out in the test's time.
        configuration.limits.echoIntervalMilliseconds = 60_000
        configuration.limits.echoTimeoutMilliseconds = 120_000
        let handle = try loop(configuration, events: events)
        try #require(await eventually { handle.state == .serving })
        let client = try await cluster.client()
        proxy.set(.holdAfter(100))
        try client.publish("work", reply: "_INBOX.end", [UInt8](repeating: 1, count: 1_000))
        #expect(await eventually { proxy.heldBytes > 0 })
        #expect(!events.contains { if case .disconnected = $0 { true } else { false } })
        proxy.endStreams()
        #expect(await eventually { events.contains { $0 == .disconnected(session: 1, reason: .connectionLost) } })
        proxy.set(.full)
        #expect(await eventually { handle.state == .serving })
        _ = await handle.drain(milliseconds: 5_000)
        proxy.stop()
    }

    @Test("Bytes that trickle in one by one are put together, and nothing is lost")
    func crumbs() async throws {
        let certificates = try TestCertificates()
        let cluster = try Cluster(certificates)
        let proxy = try TCPProxy(target: cluster.encrypted.port)
        let handle = try loop(configuration(port: proxy.port, certificates))
        try #require(await eventually { handle.state == .serving })
        let client = try await cluster.client()
        proxy.set(.crumbs(3))
        for number in 0..<10 {
            let payload = Array("crumb \(number)".utf8)
            #expect(try client.request("work", payload, inbox: "_INBOX.r.\(number)").payload == payload)
        }
        proxy.set(.full)
        #expect(await handle.drain(milliseconds: 5_000) == .drained)
        proxy.stop()
    }

    @Test("A TLS server that stops reading is given up like any other, and does not hold the loop meanwhile")
    func stoppedServer() async throws {
        let certificates = try TestCertificates()
        let cluster = try Cluster(certificates)
        let events = EventRecord()
        let counts = WakeHandler.Counts()
        var configuration = configuration(port: cluster.encrypted.port, certificates)
        configuration.limits.echoIntervalMilliseconds = 100
        configuration.limits.echoTimeoutMilliseconds = 500
        configuration.limits.connectTimeoutMilliseconds = 300
        let handle = try loop(configuration, events: events) { WakeHandler(counts, $0) }
        try #require(await eventually { handle.state == .serving })
        cluster.encrypted.pause()
        #expect(await eventually { events.contains { $0 == .disconnected(session: 1, reason: .echoTimedOut) } })
        cluster.encrypted.resume()
        #expect(await eventually(within: .seconds(4)) { handle.state == .serving })
        _ = await handle.drain(milliseconds: 5_000)
    }
}
