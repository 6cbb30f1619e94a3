import NATSTransport
import Synchronization

/// Answers every request with its own payload; a request `error` with an error.
final class EchoHandler: RequestHandler {
    func handle(_ message: borrowing Message, endpoint: Int, reply: consuming Reply) {
        if bytes(message.payload) == Array("error".utf8) {
            let body = Array("{}".utf8)
            unsafe reply.sendError(code: 400, text: "malformed JSON:\r\nX-Injected: 1", body: body.span.bytes)
        } else {
            reply.send(message.payload)
        }
    }
}

/// Keeps every payload in the order of arrival, and echoes it.
final class RecordingHandler: RequestHandler {
    final class Record: Sendable {
        let payloads = Mutex<[[UInt8]]>([])
        var count: Int { payloads.withLock { $0.count } }
    }

    private let record: Record

    init(_ record: Record) {
        self.record = record
    }

    func handle(_ message: borrowing Message, endpoint: Int, reply: consuming Reply) {
        let payload = bytes(message.payload)
        record.payloads.withLock { $0.append(payload) }
        reply.send(message.payload)
    }
}

/// Puts every answer off until the mailbox is signalled, then answers all with what was asked.
final class DeferringHandler: RequestHandler {
    private final class Pending {
        private var reply: DeferredReply?
        private let body: [UInt8]

        init(_ reply: consuming DeferredReply, _ body: [UInt8]) {
            self.reply = consume reply
            self.body = body
        }

        func send() {
            let body = body
            unsafe reply.take()?.send(body.span.bytes)
        }
    }

    private var pending: [Pending] = []

    final class Count: Sendable {
        let held = Atomic(0)
    }

    private let count: Count

    init(_ count: Count) {
        self.count = count
    }

    func handle(_ message: borrowing Message, endpoint: Int, reply: consuming Reply) {
        pending.append(Pending(reply.defer(), bytes(message.payload)))
        count.held.add(1, ordering: .relaxed)
    }

    func mailboxSignalled() {
        for request in pending { request.send() }
        pending = []
    }
}

/// Answers each request with `replyBytes` bytes.
final class AmplifyingHandler: RequestHandler {
    private let body: [UInt8]

    init(replyBytes: Int) {
        body = [UInt8](repeating: 0x2e, count: replyBytes)
    }

    func handle(_ message: borrowing Message, endpoint: Int, reply: consuming Reply) {
        let body = body
        unsafe reply.send(body.span.bytes)
    }
}

/// Counts the turns that a wake or a timer has caused.
final class WakeHandler: RequestHandler {
    final class Counts: Sendable {
        let mailbox = Atomic(0)
        let timer = Atomic(0)
        let turns = Atomic(0)
    }

    private let counts: Counts
    private let context: LoopContext

    init(_ counts: Counts, _ context: LoopContext) {
        self.counts = counts
        self.context = context
        context.setTimer(at: context.now)
    }

    func handle(_ message: borrowing Message, endpoint: Int, reply: consuming Reply) {
        reply.send(message.payload)
    }

    func batchEnded() { counts.turns.add(1, ordering: .relaxed) }

    func mailboxSignalled() { counts.mailbox.add(1, ordering: .relaxed) }

    func timerFired() {
        counts.timer.add(1, ordering: .relaxed)
        context.setTimer(at: context.now + 5_000_000)
    }
}

func bytes(_ span: RawSpan) -> [UInt8] {
    unsafe span.withUnsafeBytes { unsafe [UInt8]($0) }
}

/// The events of a loop, in order.
final class EventRecord: Sendable {
    private let events = Mutex<[LoopEvent]>([])

    func append(_ event: LoopEvent) { events.withLock { $0.append(event) } }

    var all: [LoopEvent] { events.withLock { $0 } }

    func contains(_ matches: (LoopEvent) -> Bool) -> Bool { all.contains(where: matches) }
}
