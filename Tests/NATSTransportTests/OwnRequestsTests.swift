import NATSTransport
import Synchronization
import Testing
import TestSupport

/// What a handler publishes in its own name, and what comes back on the loop's inbox.
@Suite struct OwnRequestsTests {
    /// Does what it is told by wake, and writes down all that it is told by its loop.
    final class Script: Sendable {
        struct Order: Sendable {
            var subject: String
            var name: String?
            var headers: [LoopContext.Header] = []
            var body: [UInt8] = []
            var opensFeed = false
            /// Put behind it.
            var mark: String?
        }

        enum Entry: Equatable {
            case outlet(UInt64?)
            case ended(UInt64)
            case sent(String, through: UInt64?)
            case received(name: String, body: [UInt8], session: UInt64)
            case feed(String?)
            case fed(subject: String, body: [UInt8], isRecord: Bool)
            case nobody(session: UInt64)
            case closed
        }

        let orders = Mutex<[Order]>([])
        let entries = Mutex<[Entry]>([])

        var all: [Entry] { entries.withLock { $0 } }
        var feeds: [String] { all.compactMap { if case .feed(let subject) = $0 { subject } else { nil } } }
        func add(_ entry: Entry) { entries.withLock { $0.append(entry) } }
        func publish(_ order: Order, by handle: EventLoop.Handle) {
            orders.withLock { $0.append(order) }
            handle.wake()
        }
    }

    final class RequestingHandler: RequestHandler {
        private let script: Script
        private let context: LoopContext

        init(_ script: Script, _ context: LoopContext) {
            self.script = script
            self.context = context
        }

        func handle(_ message: borrowing Message, endpoint: Int, reply: consuming Reply) { reply.drop() }

        func mailboxSignalled() {
            let orders = script.orders.withLock { orders in
                defer { orders = [] }
                return orders
            }
            for order in orders {
                if order.opensFeed { script.add(.feed(context.openFeed())) }
                guard !order.subject.isEmpty else { continue }
                let session = unsafe context.publish(
                    order.subject, answersTo: order.name, headers: order.headers, order.body.span.bytes)
                script.add(.sent(order.subject, through: session))
                if let mark = order.mark { _ = context.mark(mark) }
            }
        }

        func outletChanged(to session: UInt64?) { script.add(.outlet(session)) }
        func sessionEnded(_ session: UInt64) { script.add(.ended(session)) }
        func nobodyListens(session: UInt64) { script.add(.nobody(session: session)) }
        func closed() { script.add(.closed) }

        func received(_ message: borrowing Message, name: RawSpan, session: UInt64) {
            script.add(.received(name: text(name), body: bytes(message.payload), session: session))
        }

        func fed(_ message: borrowing Message, isRecord: Bool) {
            script.add(.fed(subject: text(message.subject), body: bytes(message.payload), isRecord: isRecord))
        }

        private func text(_ span: RawSpan) -> String { String(decoding: bytes(span), as: UTF8.self) }
    }

    private func start(
        _ script: Script, _ servers: [String], _ events: EventRecord = EventRecord()
    ) throws -> EventLoop.Handle {
        var configuration = NATSConfiguration(servers: servers, inboxPrefix: "_INBOX_own")
        configuration.limits.longestRetryMilliseconds = 200
        return try EventLoop(configuration: configuration, endpoints: [], onEvent: events.append) {
            RequestingHandler(script, $0)
        }.start()
    }

    @Test("an answer comes back under the name that the request was given")
    func answersAreNamed() async throws {
        let server = try NATSServer()
        let script = Script()
        let handle = try start(script, [server.url])
        let echo = try EventLoop(
            configuration: NATSConfiguration(servers: [server.url], replyPrefixes: ReplyPrefixes(["_INBOX_own"])),
            endpoints: [Endpoint(subject: "echo", queueGroup: "q")]
        ) { _ in EchoHandler() }.start()
        #expect(await eventually { script.all.contains(.outlet(1)) && echo.state == .serving })
        for number in 0..<3 {
            script.publish(.init(subject: "echo", name: "w\(number)", body: [UInt8(number)]), by: handle)
        }
        for number in 0..<3 {
            #expect(
                await eventually {
                    script.all.contains(.received(name: "w\(number)", body: [UInt8(number)], session: 1))
                })
        }
        #expect(await handle.drain(milliseconds: 5_000) == .drained)
        #expect(await echo.drain(milliseconds: 5_000) == .drained)
        #expect(script.all.suffix(3) == [.outlet(nil), .ended(1), .closed])
    }

    @Test("headers go out as they are given, with a reply subject on the loop's inbox")
    func headers() async throws {
        let server = try NATSServer()
        let client = try RawNATSClient(port: server.port)
        try client.subscribe("out", sid: 1)
        try client.flush()
        let script = Script()
        let handle = try start(script, [server.url])
        #expect(await eventually { script.all.contains(.outlet(1)) })
        script.publish(
            .init(subject: "out", name: "n", headers: [.init("Nats-Msg-Id", "7"), .init("X", "y")], body: [1]), by: handle)
        let message = try client.next()
        let head = String(decoding: message.headers, as: UTF8.self)
        #expect(head.contains("Nats-Msg-Id: 7\r\n") && head.contains("X: y\r\n"))
        let reply = try #require(message.reply)
        #expect(reply.hasPrefix("_INBOX_own.") && reply.hasSuffix(".n"))
        #expect(await handle.drain(milliseconds: 5_000) == .drained)
    }

    @Test("a consumer's records and heartbeats come in on the feed and are told apart; a new feed ends the former")
    func feeds() async throws {
        let store = try TemporaryDirectory()
        let server = try NATSServer(configuration: "jetstream { store_dir: \"\(store.path)\" }")
        let client = try RawNATSClient(port: server.port)
        let script = Script()
        let handle = try start(script, [server.url])
        #expect(await eventually { script.all.contains(.outlet(1)) })
        let create = #"{"name":"S","subjects":["s.>"],"storage":"memory"}"#
        _ = try client.request("$JS.API.STREAM.CREATE.S", Array(create.utf8), inbox: "_INBOX.a")
        var feeds: [String] = []
        for round in 0..<2 {
            script.publish(.init(subject: "", opensFeed: true), by: handle)
            #expect(await eventually { script.feeds.count == round + 1 })
            let feed = try #require(script.feeds.last)
            let consumer = #"{"stream_name":"S","config":{"deliver_subject":"\#(feed)","idle_heartbeat":100000000}}"#
            let created = try client.request("$JS.API.CONSUMER.CREATE.S", Array(consumer.utf8), inbox: "_INBOX.b")
            #expect(!created.text.contains("error"))
            #expect(await eventually { script.all.contains(.fed(subject: feed, body: [], isRecord: false)) })
            feeds.append(feed)
        }
        _ = try client.request("s.1", [9], inbox: "_INBOX.c")
        #expect(await eventually { script.all.contains(.fed(subject: "s.1", body: [9], isRecord: true)) })
        #expect(feeds[0] != feeds[1])
        #expect(script.all.count { $0 == .fed(subject: "s.1", body: [9], isRecord: true) } == 1)
        #expect(await handle.drain(milliseconds: 5_000) == .drained)
    }

    @Test("each request that finds nobody is told in its place, between the marks before and behind it")
    func nobody() async throws {
        let server = try NATSServer()
        let script = Script()
        let handle = try start(script, [server.url])
        #expect(await eventually { script.all.contains(.outlet(1)) })
        let answering = try RawNATSClient(port: server.port)
        try answering.subscribe("somewhere", sid: 1)
        try answering.flush()
        for number in 0..<20 {
            script.publish(.init(subject: "nowhere", name: "w"), by: handle)
            script.publish(.init(subject: "somewhere", name: "w"), by: handle)
            script.publish(.init(subject: "nowhere", name: "w", mark: "m\(number)"), by: handle)
        }
        func mark(_ number: Int) -> Script.Entry { .received(name: "m\(number)", body: [], session: 1) }
        #expect(await eventually { script.all.contains(mark(19)) })
        let told = script.all.filter { if case .sent = $0 { false } else { $0 != .outlet(1) } }
        #expect(told == (0..<20).flatMap { [.nobody(session: 1), .nobody(session: 1), mark($0)] })
        #expect(await handle.drain(milliseconds: 5_000) == .drained)
    }

    @Test("a lost session is told as ended, nothing goes out while there is none, and the next one is told")
    func sessionsComeAndGo() async throws {
        let server = try NATSServer()
        let script = Script()
        let handle = try start(script, [server.url])
        #expect(await eventually { script.all.contains(.outlet(1)) })
        server.kill()
        #expect(await eventually { script.all.contains(.ended(1)) })
        script.publish(.init(subject: "echo", name: "w"), by: handle)
        #expect(await eventually { script.all.contains(.sent("echo", through: nil)) })
        try server.start()
        #expect(await eventually { script.all.contains { if case .outlet(.some(2...)) = $0 { true } else { false } } })
        #expect(Array(script.all.prefix(3)) == [.outlet(1), .outlet(nil), .ended(1)])
        #expect(await handle.drain(milliseconds: 5_000) == .drained)
    }

    @Test("a move goes over without a gap: the new session is the outlet before the old one has ended")
    func moves() async throws {
        let lame = #"lame_duck_grace_period: "5s", lame_duck_duration: "30s""#
        let servers = [try NATSServer(configuration: lame), try NATSServer(configuration: lame)]
        let script = Script()
        let events = EventRecord()
        let handle = try start(script, servers.map(\.url), events)
        #expect(await eventually { script.all.contains(.outlet(1)) })
        let home = servers.first { server in
            events.contains { if case .connected(server.url, 1, _) = $0 { true } else { false } }
        }
        try #require(home).enterLameDuckMode()
        #expect(await eventually { script.all.contains(.ended(1)) })
        #expect(script.all == [.outlet(1), .outlet(2), .ended(1)])
        #expect(await handle.drain(milliseconds: 5_000) == .drained)
    }
}
