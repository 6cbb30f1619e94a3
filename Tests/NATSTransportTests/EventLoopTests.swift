import NATSTransport
import Synchronization
import TestSupport
import Testing

/// A loop against a real nats-server.
@Suite struct EventLoopTests {
    private let endpoints = [Endpoint(subject: "work", queueGroup: "q"), Endpoint(subject: "ask.everyone")]

    private func serve(
        _ configuration: NATSConfiguration, index: Int = 0, events: EventRecord = EventRecord(),
        handler: @escaping EventLoop.HandlerFactory = { _ in EchoHandler() }
    ) async throws -> EventLoop.Handle {
        let loop = EventLoop(
            configuration: configuration, endpoints: endpoints, index: index, onEvent: { events.append($0) },
            makeHandler: handler)
        let handle = try loop.start()
        #expect(await eventually { handle.state == .serving })
        return handle
    }

    @Test("Requests are answered with what the handler sends, from one byte to larger than a read")
    func echo() async throws {
        let server = try NATSServer()
        let handle = try await serve(NATSConfiguration(servers: [server.url]))
        let client = try RawNATSClient(port: server.port)
        for size in [0, 1, 300, 16_384, 131_071, 131_072, 131_073, 500_000] {
            let payload = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31) }
            #expect(try client.request("work", payload, inbox: "_INBOX.x.\(size)").payload == payload)
        }
        #expect(await handle.drain(milliseconds: 5_000) == .drained)
        #expect(handle.statistics.replied == 8)
        #expect(handle.statistics.received == 8)
        #expect(handle.state == .closed)
    }

    @Test("An error carries its code and one clean line of text in the headers, and its body")
    func errors() async throws {
        let server = try NATSServer()
        let handle = try await serve(NATSConfiguration(servers: [server.url]))
        let client = try RawNATSClient(port: server.port)
        let answer = try client.request("work", Array("error".utf8), inbox: "_INBOX.e")
        let headers = String(decoding: answer.headers, as: UTF8.self)
        #expect(headers.contains("Nats-Service-Error-Code: 400\r\n"))
        #expect(headers.contains("Nats-Service-Error: malformed JSON:  X-Injected: 1\r\n"))
        #expect(!headers.contains("\nX-Injected"))
        #expect(answer.text == "{}")
        #expect(await handle.drain(milliseconds: 5_000) == .drained)
        #expect(handle.statistics.errorsReplied == 1)
    }

    @Test("A reply subject outside the prefixes is never published to, its request never handled; the next is answered")
    func refusedReplySubjects() async throws {
        let server = try NATSServer()
        let record = RecordingHandler.Record()
        let handle = try await serve(NATSConfiguration(servers: [server.url])) { _ in RecordingHandler(record) }
        let monitor = try RawNATSClient(port: server.port)
        try monitor.subscribe(">", sid: 1)
        try monitor.flush()
        let client = try RawNATSClient(port: server.port)
        let refused = ["$JS.API.STREAM.DELETE.X", "work", "x._INBOX.y", "_INBOX", "_INBOXES", "ledger.revoked.1", "_R_"]
        for subject in refused { try client.publish("work", reply: subject, Array("no \(subject)".utf8)) }
        // No reply subject at all is fine: handled, and answered nowhere.
        try client.publish("work", Array("silent".utf8))
        try client.publish("work", reply: "_INBOX_orders.1", Array("yes".utf8))

        var seen: [RawNATSClient.Message] = []
        while seen.last?.subject != "_INBOX_orders.1" {
            let message = try monitor.next()
            // The loop's own echoes apart.
            if !message.subject.hasPrefix("_INBOX.") { seen.append(message) }
        }
        #expect(seen.filter { $0.subject == "work" }.count == refused.count + 2)
        #expect(seen.filter { $0.subject != "work" }.map(\.subject) == ["_INBOX_orders.1"])
        #expect(record.payloads.withLock { $0 }.map { String(decoding: $0, as: UTF8.self) } == ["silent", "yes"])
        #expect(await handle.drain(milliseconds: 5_000) == .drained)
        #expect(handle.statistics.refusedReplySubjects == refused.count)
        #expect(handle.statistics.replied == 1)
        #expect(handle.statistics.unanswered == 0)
    }

    @Test("An empty message with a 503 status, which anybody can send, does not strand what is queued behind it")
    func noRespondersStatus() async throws {
        let server = try NATSServer()
        let handle = try await serve(NATSConfiguration(servers: [server.url]))
        let client = try RawNATSClient(port: server.port)
        try client.subscribe("_INBOX.n.*", sid: 1)
        // The loop's next echo would free what is stranded, five seconds later.
        client.setTimeout(seconds: 3)
        for round in 0..<20 {
            // In one write, so that they are queued together.
            var bytes: [UInt8] = []
            let head = "NATS/1.0 503\r\n\r\n"
            bytes += Array("HPUB work _INBOX.n.x \(head.utf8.count) \(head.utf8.count)\r\n\(head)\r\n".utf8)
            for number in 0..<3 { bytes += Array("PUB work _INBOX.n.\(number) 2\r\nhi\r\n".utf8) }
            try client.send(bytes)
            for number in 0..<3 {
                #expect(try client.next().subject == "_INBOX.n.\(number)", "round \(round)")
            }
        }
        _ = await handle.drain(milliseconds: 5_000)
    }

    @Test("Several loops in one process share the requests of a queue group, and each answers its own")
    func severalLoops() async throws {
        let server = try NATSServer()
        var handles: [EventLoop.Handle] = []
        for index in 0..<3 {
            handles.append(try await serve(NATSConfiguration(servers: [server.url]), index: index))
        }
        let client = try RawNATSClient(port: server.port)
        try client.subscribe("_INBOX.m.*", sid: 1)
        for number in 0..<3_000 { try client.publish("work", reply: "_INBOX.m.\(number)", Array("\(number)".utf8)) }
        var answered = Set<String>()
        for _ in 0..<3_000 {
            let message = try client.next()
            #expect(message.subject == "_INBOX.m.\(message.text)")
            answered.insert(message.text)
        }
        #expect(answered.count == 3_000)
        for handle in handles {
            #expect(await handle.drain(milliseconds: 5_000) == .drained)
            #expect(handle.statistics.received > 0)
        }
        #expect(handles.map(\.statistics.received).reduce(0, +) == 3_000)
    }

    @Test("Out of the queue group no request is taken, questions to everyone are still answered; and back again")
    func servingWish() async throws {
        let server = try NATSServer()
        let handle = try await serve(NATSConfiguration(servers: [server.url]))
        let client = try RawNATSClient(port: server.port)
        for round in 0..<5 {
            handle.setServing(false)
            #expect(await eventually { handle.state == .connected })
            let refused = try client.request("work", [1], inbox: "_INBOX.w.\(round)")
            #expect(String(decoding: refused.headers, as: UTF8.self).hasPrefix("NATS/1.0 503"))
            #expect(try client.request("ask.everyone", [2], inbox: "_INBOX.v.\(round)").payload == [2])
            handle.setServing(true)
            #expect(await eventually { handle.state == .serving })
            #expect(try client.request("work", [3], inbox: "_INBOX.u.\(round)").payload == [3])
        }
        #expect(await handle.drain(milliseconds: 5_000) == .drained)
    }

    @Test("A drain answers everything that was received, deferred answers too, and takes nothing after it")
    func drain() async throws {
        let server = try NATSServer()
        let count = DeferringHandler.Count()
        let handle = try await serve(NATSConfiguration(servers: [server.url])) { _ in DeferringHandler(count) }
        let client = try RawNATSClient(port: server.port)
        try client.subscribe("_INBOX.d.*", sid: 1)
        for number in 0..<2_000 { try client.publish("work", reply: "_INBOX.d.\(number)", Array("\(number)".utf8)) }
        #expect(await eventually { count.held.load(ordering: .relaxed) > 0 })

        let outcome = Mutex<CloseOutcome?>(nil)
        handle.drain(milliseconds: 20_000) { result in outcome.withLock { $0 = result } }
        #expect(await eventually { handle.state == .draining })
        // It waits for what is owed.
        #expect(outcome.withLock { $0 } == nil)
        #expect(await eventually {
            handle.wake()
            return outcome.withLock { $0 } != nil
        })
        #expect(outcome.withLock { $0 } == .drained)

        let received = handle.statistics.received
        #expect(received > 0)
        #expect(handle.statistics.replied == received)
        var answers = Set<String>()
        var refusals = 0
        for _ in 0..<2_000 {
            let message = try client.next()
            if message.headers.isEmpty { answers.insert(message.text) } else { refusals += 1 }
        }
        #expect(answers.count == received)
        #expect(answers.count + refusals == 2_000)
        let late = try client.request("work", [1], inbox: "_INBOX.late")
        #expect(String(decoding: late.headers, as: UTF8.self).hasPrefix("NATS/1.0 503"))
    }

    @Test("A drain whose debts are never paid ends at its deadline and says so")
    func drainDeadline() async throws {
        let server = try NATSServer()
        let count = DeferringHandler.Count()
        let handle = try await serve(NATSConfiguration(servers: [server.url])) { _ in DeferringHandler(count) }
        let client = try RawNATSClient(port: server.port)
        try client.publish("work", reply: "_INBOX.d", [1])
        #expect(await eventually { count.held.load(ordering: .relaxed) == 1 })
        #expect(await handle.drain(milliseconds: 100) == .timedOut)
        #expect(handle.statistics.unanswered == 1)
    }

    @Test("A wake from any thread reaches the handler, and its timer fires, with nothing else going on")
    func wakesAndTimers() async throws {
        let server = try NATSServer()
        let counts = WakeHandler.Counts()
        let handle = try await serve(NATSConfiguration(servers: [server.url])) { WakeHandler(counts, $0) }
        await withTaskGroup { group in
            for _ in 0..<8 { group.addTask { for _ in 0..<1_000 { handle.wake() } } }
        }
        #expect(await eventually { counts.mailbox.load(ordering: .relaxed) > 0 })
        let before = counts.mailbox.load(ordering: .relaxed)
        handle.wake()
        #expect(await eventually { counts.mailbox.load(ordering: .relaxed) > before })
        #expect(await eventually { counts.timer.load(ordering: .relaxed) > 10 })
        _ = await handle.drain(milliseconds: 5_000)
    }
}
