import Foundation
import NATSTransport
import Synchronization
import TestSupport
import Testing

/// Requests that are put off, so that dear ones do not stand in the way of cheap ones.
@Suite struct PutOffTests {
    private func serve(
        _ configuration: NATSConfiguration, _ counts: DearHandler.Counts, dearMilliseconds: Int
    ) async throws -> EventLoop.Handle {
        let endpoints = ["work", "other"].map { Endpoint(subject: $0, queueGroup: "q") }
        let loop = EventLoop(configuration: configuration, endpoints: endpoints) { _ in
            DearHandler(counts, milliseconds: dearMilliseconds)
        }
        let handle = try loop.start()
        #expect(await eventually { handle.state == .serving })
        return handle
    }

    private func requests(_ text: String, _ count: Int, to subject: String = "work") -> [UInt8] {
        (0..<count).flatMap { Array("PUB \(subject) _INBOX.p.\(subject).\($0) \(text.utf8.count)\r\n\(text)\r\n".utf8) }
    }

    @Test("A cheap request that comes while many dear ones wait is answered long before they are done")
    func cheapFirst() async throws {
        let server = try NATSServer()
        let counts = DearHandler.Counts()
        let handle = try await serve(NATSConfiguration(servers: [server.url]), counts, dearMilliseconds: 2)
        let client = try RawNATSClient(port: server.port)
        try client.subscribe("_INBOX.p.>", sid: 1)
        try client.send(requests("dear", 200))
        // Now they wait: one of them has been answered, the others come at 2 ms each.
        #expect(try client.next().text == "dear")
        try client.send(requests("cheap", 1))
        var dearBefore = 1
        while try client.next().text == "dear" { dearBefore += 1 }
        #expect(dearBefore < 100, "\(dearBefore) dear requests were answered first")
        for _ in dearBefore..<200 { #expect(try client.next().text == "dear") }
        #expect(await handle.drain(milliseconds: 5_000) == .drained)
    }

    @Test("Dear requests are worked on although cheap ones never cease")
    func dearNotStarved() async throws {
        let server = try NATSServer()
        let counts = DearHandler.Counts()
        let handle = try await serve(NATSConfiguration(servers: [server.url]), counts, dearMilliseconds: 0)
        let client = try RawNATSClient(port: server.port)
        try client.subscribe("_INBOX.p.>", sid: 1)
        try client.send(requests("dear", 100) + requests("cheap", 200))
        // Each cheap answer is followed by another cheap request: there are always some on their way.
        var dear = 0
        for _ in 0..<50_000 where dear < 100 {
            if try client.next().text == "dear" { dear += 1 } else { try client.send(requests("cheap", 1)) }
        }
        #expect(dear == 100)
        #expect(await handle.drain(milliseconds: 5_000) == .drained)
    }

    @Test("When the room for them is full the handler is told, and all are answered, one way or the other")
    func bounded() async throws {
        let server = try NATSServer()
        let counts = DearHandler.Counts()
        var configuration = NATSConfiguration(servers: [server.url])
        configuration.limits.putOffRequests = 4
        let handle = try await serve(configuration, counts, dearMilliseconds: 1)
        let client = try RawNATSClient(port: server.port)
        try client.subscribe("_INBOX.p.>", sid: 1)
        try client.send(requests("dear", 200))
        var answers: [String: Int] = [:]
        for _ in 0..<200 { answers[try client.next().text, default: 0] += 1 }
        #expect(answers["dear", default: 0] >= 4)
        #expect(answers["full", default: 0] > 0)
        #expect(counts.mostWaiting.load(ordering: .relaxed) <= 4)
        #expect(await handle.drain(milliseconds: 5_000) == .drained)
        #expect(handle.statistics.unanswered == 0)
    }

    @Test("Endpoints take turns, and have room of their own: who fills one keeps nobody from another")
    func fair() async throws {
        let server = try NATSServer()
        let counts = DearHandler.Counts()
        var configuration = NATSConfiguration(servers: [server.url])
        configuration.limits.putOffRequests = 100
        let handle = try await serve(configuration, counts, dearMilliseconds: 2)
        let client = try RawNATSClient(port: server.port)
        try client.subscribe("_INBOX.p.>", sid: 1)
        try client.send(requests("dear", 300) + requests("dear", 5, to: "other"))
        var answers: [(name: String, text: String)] = []
        for _ in 0..<305 {
            let message = try client.next()
            answers.append((message.subject, message.text))
        }
        #expect(answers.contains { $0.text == "full" }, "the first one was never full")
        let others = answers.enumerated().filter { $0.element.text == "dear" && $0.element.name.hasPrefix("_INBOX.p.other.") }
        #expect(others.count == 5)
        // They came last, and waited for five of the first, not for all hundred.
        let dearBefore = answers.prefix(others.last?.offset ?? 305).count { $0.text == "dear" }
        #expect(dearBefore < 30, "\(dearBefore) were answered before the last of the other endpoint's")
        #expect(await handle.drain(milliseconds: 5_000) == .drained)
    }

    @Test("Who has waited too long is known as late, and none is put off behind him")
    func late() async throws {
        let server = try NATSServer()
        let counts = DearHandler.Counts()
        var configuration = NATSConfiguration(servers: [server.url])
        configuration.limits.putOffMilliseconds = 20
        let handle = try await serve(configuration, counts, dearMilliseconds: 5)
        let client = try RawNATSClient(port: server.port)
        try client.subscribe("_INBOX.p.>", sid: 1)
        try client.send(requests("dear", 100))
        #expect(try client.next().text == "dear")
        var answers: [String: Int] = ["dear": 1]
        for sent in 1...400 {
            try client.send(requests("dear", 1))
            answers[try client.next().text, default: 0] += 1
            if answers["full"] != nil && counts.late.load(ordering: .relaxed) > 0 { break }
            #expect(sent < 400, "nothing was late: \(answers)")
        }
        #expect(await handle.drain(milliseconds: 10_000) == .drained)
        #expect(handle.statistics.unanswered == 0)
    }

    @Test("In a flood that never ends, work is done all the time, and not only refused when it has become late")
    func flooded() async throws {
        let server = try NATSServer()
        let counts = DearHandler.Counts()
        var configuration = NATSConfiguration(servers: [server.url])
        configuration.limits.putOffMilliseconds = 100
        let handle = try await serve(configuration, counts, dearMilliseconds: 1)
        // Nobody listens to the answers: nothing slows the sender down but the server.
        let batch = requests("dear", 5_000)
        let port = server.port
        // A thread of its own: sending blocks, and the tests' own threads are few.
        let flood = Flood()
        Thread.detachNewThread {
            guard let client = try? RawNATSClient(port: port) else { return }
            while !flood.isOver.load(ordering: .relaxed), (try? client.send(batch)) != nil {}
            flood.hasEnded.store(true, ordering: .relaxed)
        }
        #expect(await eventually { counts.late.load(ordering: .relaxed) > 0 || counts.turnedAway.load(ordering: .relaxed) > 10_000 })
        // By number and not by the clock: how fast it goes is the machine's affair.
        let (timely, late) = (counts.timely.load(ordering: .relaxed), counts.late.load(ordering: .relaxed))
        #expect(await eventually(within: .seconds(60)) { counts.timely.load(ordering: .relaxed) >= timely + 60 })
        let (done, refused) = (counts.timely.load(ordering: .relaxed) - timely, counts.late.load(ordering: .relaxed) - late)
        // A queue that takes in all for which it has room has some 700.
        #expect(refused < 200 * done, "\(done) done, \(refused) refused as late")
        flood.isOver.store(true, ordering: .relaxed)
        #expect(await eventually { flood.hasEnded.load(ordering: .relaxed) })
        #expect(await handle.drain(milliseconds: 20_000) == .drained)
        #expect(handle.statistics.unanswered == 0)
    }

    @Test("No more are let in than can be worked off in the time, as their cost so far tells")
    func timely() async throws {
        let server = try NATSServer()
        let counts = DearHandler.Counts()
        var configuration = NATSConfiguration(servers: [server.url])
        configuration.limits.putOffMilliseconds = 200
        let handle = try await serve(configuration, counts, dearMilliseconds: 5)
        let client = try RawNATSClient(port: server.port)
        try client.subscribe("_INBOX.p.>", sid: 1)
        var seen: [String] = []
        // What they cost is learned from those that were not late, and on a busy machine those can be few.
        for _ in 0..<20 {
            for _ in 0..<9 {
                try client.send(requests("dear", 10))
                for _ in 0..<10 { _ = try client.next() }
            }
            let late = counts.late.load(ordering: .relaxed)
            try client.send(requests("dear", 200))
            var answers: [String: Int] = [:]
            for _ in 0..<200 { answers[try client.next().text, default: 0] += 1 }
            let lateNow = counts.late.load(ordering: .relaxed) - late
            // 200 ms at 5 ms each, and as many again for a machine that has other work to do.
            if answers["dear", default: 0] <= 100, lateNow <= 70 {
                seen = []
                break
            }
            seen.append("\(answers), \(lateNow) of them late")
        }
        #expect(seen.isEmpty, "more were let in each time: \(seen)")
        #expect(await handle.drain(milliseconds: 5_000) == .drained)
    }

    @Test("Headers count: what is put off takes as much memory as it is long")
    func headers() async throws {
        let server = try NATSServer()
        let counts = DearHandler.Counts()
        var configuration = NATSConfiguration(servers: [server.url])
        configuration.limits.putOffBytes = 20_000
        let handle = try await serve(configuration, counts, dearMilliseconds: 1)
        let client = try RawNATSClient(port: server.port)
        try client.subscribe("_INBOX.p.>", sid: 1)
        let header = "NATS/1.0\r\nX: \(String(repeating: "x", count: 1_000))\r\n\r\n"
        let size = header.utf8.count
        try client.send(
            (0..<100).flatMap { Array("HPUB work _INBOX.p.\($0) \(size) \(size + 4)\r\n\(header)dear\r\n".utf8) })
        var answers: [String: Int] = [:]
        for _ in 0..<100 { answers[try client.next().text, default: 0] += 1 }
        #expect(answers["full", default: 0] > 0)
        #expect((1...20).contains(counts.mostWaiting.load(ordering: .relaxed)))
        #expect(await handle.drain(milliseconds: 5_000) == .drained)
    }

    @Test("A drain answers the requests that were put off before it ends")
    func drained() async throws {
        let server = try NATSServer()
        let counts = DearHandler.Counts()
        let handle = try await serve(NATSConfiguration(servers: [server.url]), counts, dearMilliseconds: 2)
        let client = try RawNATSClient(port: server.port)
        try client.subscribe("_INBOX.p.>", sid: 1)
        try client.send(requests("dear", 150))
        #expect(try client.next().text == "dear")
        async let outcome = handle.drain(milliseconds: 20_000)
        for _ in 1..<150 { #expect(try client.next().text == "dear") }
        #expect(await outcome == .drained)
        #expect(handle.statistics.replied == 150)
        #expect(handle.statistics.unanswered == 0)
    }

    @Test("Requests that were put off when the connection is lost are answered through the next one")
    func acrossSessions() async throws {
        let server = try NATSServer()
        let proxy = try TCPProxy(target: server.port)
        defer { proxy.stop() }
        let counts = DearHandler.Counts()
        let handle = try await serve(
            NATSConfiguration(servers: ["nats://127.0.0.1:\(proxy.port)"]), counts, dearMilliseconds: 2)
        let client = try RawNATSClient(port: server.port)
        try client.subscribe("_INBOX.p.>", sid: 1)
        try client.send(requests("dear", 300))
        #expect(try client.next().text == "dear")
        proxy.endStreams()
        proxy.set(.full)
        #expect(await eventually { handle.statistics.sessions == 2 && handle.state == .serving })
        #expect(await eventually { counts.waiting.load(ordering: .relaxed) == 0 })
        let finished = await handle.drain(milliseconds: 5_000)
        #expect(finished == .drained)
        // What was in the lost connection's buffer is lost with it; what waited in the loop is not.
        #expect(handle.statistics.undeliverable == 0)
        #expect(handle.statistics.unanswered == 0)
        #expect(handle.statistics.replied == handle.statistics.received)
    }

    @Test("A handler's own pieces of work are done one after the other, without a request")
    func ownWork() async throws {
        let server = try NATSServer()
        let counts = DearHandler.Counts()
        let handle = try await serve(NATSConfiguration(servers: [server.url]), counts, dearMilliseconds: 0)
        handle.wake()
        #expect(await eventually { counts.pieces.load(ordering: .relaxed) == DearHandler.piecesPerWake })
        #expect(await handle.drain(milliseconds: 5_000) == .drained)
        #expect(counts.pieces.load(ordering: .relaxed) == DearHandler.piecesPerWake)
    }
}

private final class Flood: Sendable {
    let isOver = Atomic(false)
    let hasEnded = Atomic(false)
}

/// Answers `dear` later, and takes its time for it; everything else at once.
final class DearHandler: RequestHandler {
    static let piecesPerWake = 500

    final class Counts: Sendable {
        let waiting = Atomic(0)
        let mostWaiting = Atomic(0)
        let pieces = Atomic(0)
        let late = Atomic(0)
        let timely = Atomic(0)
        let turnedAway = Atomic(0)
    }

    private let counts: Counts
    private let time: Duration
    private var pieces = 0

    init(_ counts: Counts, milliseconds: Int) {
        self.counts = counts
        time = .milliseconds(milliseconds)
    }

    func handle(_ message: borrowing Message, endpoint: Int, reply: consuming Reply) {
        guard bytes(message.payload) == Array("dear".utf8) else { return reply.send(message.payload) }
        guard reply.canBePutOff else {
            counts.turnedAway.add(1, ordering: .relaxed)
            let full = Array("full".utf8)
            return unsafe reply.send(full.span.bytes)
        }
        let waiting = counts.waiting.add(1, ordering: .relaxed).newValue
        counts.mostWaiting.max(waiting, ordering: .relaxed)
        reply.putOff()
    }

    func handlePutOff(_ message: borrowing Message, endpoint: Int, isLate: Bool, reply: consuming Reply) {
        counts.waiting.subtract(1, ordering: .relaxed)
        // As a service does: nobody waits for it any more.
        if isLate {
            counts.late.add(1, ordering: .relaxed)
            return reply.send(message.payload)
        }
        counts.timely.add(1, ordering: .relaxed)
        let end = ContinuousClock.now + time
        while ContinuousClock.now < end {}
        reply.send(message.payload)
    }

    func mailboxSignalled() { pieces = Self.piecesPerWake }

    var hasWork: Bool { pieces > 0 }

    func work() {
        pieces -= 1
        counts.pieces.add(1, ordering: .relaxed)
    }
}
