import Blacklist
import TestSupport

@testable import JetStreamLedger

/// A replica that follows a stream which is appended to, purged, created anew and restored from old copies, over a
/// network that loses deliveries and cuts the connection. One seed is one history. Times are milliseconds.
struct FollowSimulation {
    /// A deliberate defect, to show that the checks can fail.
    enum Fault: CaseIterable {
        /// The consumer's own count of deliveries is not looked at.
        case gapsIgnored
        /// Current as soon as there is a consumer.
        case answersBeforeReplay
        /// Goes on where it stopped, whatever the stream has become.
        case resumesBlindly
    }

    private struct Stream {
        var created = "a"
        var records: [(sequence: UInt64, time: UInt64, id: Int)] = []
        var lastSequence: UInt64 = 0
    }

    private struct Consumer {
        var number: UInt64
        var next: UInt64
        var delivered: UInt64 = 0
    }

    private enum Message {
        case event(FollowEvent, id: Int?, session: Int)
        case consumerTurn(session: Int, number: UInt64)
        case heartbeat(session: Int, number: UInt64)
        case replicaTick
        case chance
    }

    private var random: SeededGenerator
    private let fault: Fault?
    private var now: Int64 = 0
    private var queue: [(time: Int64, order: Int, message: Message)] = []
    private var order = 0
    private var stream = Stream()
    private var copies: [Stream] = []
    private var consumer: Consumer?
    private var session = 0
    private var isConnected = false
    private var machine = FollowMachine()
    private var nextID = 0
    /// What the replica's blacklist holds.
    private var known: Set<Int> = []
    /// When each id that is in the stream was stored.
    private var storedAt: [Int: Int64] = [:]
    private(set) var violations: [String] = []
    private(set) var replays = 0
    private(set) var currentChecks = 0

    init(seed: UInt64, fault: Fault? = nil) {
        random = SeededGenerator(seed: seed)
        self.fault = fault
        schedule(.chance, in: 0)
        schedule(.replicaTick, in: 10)
        connect()
    }

    mutating func run(steps: Int) {
        for _ in 0..<steps {
            guard let index = queue.indices.min(by: { (queue[$0].time, queue[$0].order) < (queue[$1].time, queue[$1].order) })
            else { return }
            let next = queue.remove(at: index)
            now = max(now, next.time)
            handle(next.message)
            check()
        }
    }

    private mutating func schedule(_ message: Message, in delay: Int64) {
        order += 1
        queue.append((now + delay, order, message))
    }

    private mutating func percent(_ chance: UInt64) -> Bool { random.next() % 100 < chance }

    private mutating func handle(_ message: Message) {
        switch message {
        case .event(let event, let id, let session):
            guard session == self.session, isConnected else { return }
            feed(event, id: id)
        case .consumerTurn(let session, let number):
            turn(session: session, number: number)
        case .heartbeat(let session, let number):
            beat(session: session, number: number)
        case .replicaTick:
            schedule(.replicaTick, in: 100)
            feed(.tick)
        case .chance:
            schedule(.chance, in: Int64(random.next() % 400))
            happen()
        }
    }

    // MARK: - The world

    private mutating func happen() {
        switch random.next() % 100 {
        case 0..<60:
            append(nextID)
            nextID += 1
        case 60..<63: copies.append(stream)
        case 63:
            // A purge keeps the last sequence.
            stream.records.removeAll()
            storedAt.removeAll()
        case 64:
            stream = Stream(created: stream.created + "a")
            storedAt.removeAll()
            consumer = nil
        case 65:
            // A restore means that the server was down.
            guard let copy = copies.randomElement(using: &random), copy.created == stream.created else { return }
            stream = copy
            let held = Set(copy.records.map(\.id))
            storedAt = storedAt.filter { held.contains($0.key) }
            cut()
        case 66..<69: cut()
        case 69:
            // The replica dies, and starts with nothing.
            cut()
            machine = FollowMachine()
            known = []
        default: break
        }
    }

    private mutating func append(_ id: Int) {
        // One message a subject: the same id again takes the old record's place.
        stream.records.removeAll { $0.id == id }
        stream.lastSequence += 1
        stream.records.append((stream.lastSequence, UInt64(now), id))
        storedAt[id] = storedAt[id] ?? now
    }

    private mutating func cut() {
        isConnected = false
        consumer = nil
        feed(.disconnected)
        session += 1
        connect()
    }

    private mutating func connect() {
        isConnected = true
        schedule(.event(.connected, id: nil, session: session), in: 1 + Int64(random.next() % 3_000))
    }

    // MARK: - The consumer

    private mutating func turn(session: Int, number: UInt64) {
        guard session == self.session, var consumer, consumer.number == number else { return }
        schedule(.consumerTurn(session: session, number: number), in: Int64(random.next() % 20) + 1)
        guard let record = stream.records.first(where: { $0.sequence >= consumer.next }) else { return }
        consumer.next = record.sequence + 1
        consumer.delivered += 1
        self.consumer = consumer
        if percent(1) { return }
        let pending = UInt64(stream.records.count { $0.sequence > record.sequence })
        let delivery = Delivery(
            consumer: number, consumerSequence: consumer.delivered, streamSequence: record.sequence, time: record.time,
            pending: pending)
        schedule(.event(.delivered(delivery, id: Self.identifier(record.id)), id: record.id, session: session), in: 1)
    }

    private mutating func beat(session: Int, number: UInt64) {
        guard session == self.session, let consumer, consumer.number == number else { return }
        schedule(.heartbeat(session: session, number: number), in: FollowTimes.heartbeat)
        let hasMore = stream.records.contains { $0.sequence >= consumer.next }
        guard !hasMore, !percent(5) else { return }
        let event = FollowEvent.heartbeat(
            number: number, lastConsumerSequence: consumer.delivered, lastStreamSequence: consumer.next - 1)
        schedule(.event(event, id: nil, session: session), in: 1)
    }

    // MARK: - The replica

    private mutating func feed(_ event: FollowEvent, id: Int? = nil) {
        var event = event
        if fault == .gapsIgnored, case .delivered(var delivery, let id) = event {
            delivery.consumerSequence = expectedSequence
            event = .delivered(delivery, id: id)
        }
        if fault == .gapsIgnored, case .heartbeat(let number, _, let last) = event {
            event = .heartbeat(number: number, lastConsumerSequence: expectedSequence - 1, lastStreamSequence: last)
        }
        for action in machine.handle(event, now: now) { perform(action, id: id) }
    }

    /// What the machine would take for the next delivery: counted here, because a fault has to be lied into it.
    private var taken: UInt64 = 0
    private var expectedSequence: UInt64 { taken + 1 }

    private mutating func perform(_ action: FollowAction, id: Int?) {
        switch action {
        case .apply:
            taken += 1
            if let id { known.insert(id) }
        case .askForStream:
            let truth = StreamState(
                created: stream.created, lastSequence: stream.lastSequence,
                firstSequence: stream.records.first?.sequence ?? stream.lastSequence + 1)
            let lie = StreamState(created: "a", lastSequence: .max / 2)
            answer(.stream(fault == .resumesBlindly ? lie : truth))
        case .askForRecord(let sequence):
            let record = stream.records.first { $0.sequence == sequence }
            let position = record.map { FollowMachine.Position(sequence: $0.sequence, time: $0.time) }
            answer(.record(fault == .resumesBlindly ? machine.applied : position))
        case .createConsumer(let number, let after):
            taken = 0
            consumer = Consumer(number: number, next: (after ?? 0) + 1)
            answer(.consumerCreated)
            schedule(.consumerTurn(session: session, number: number), in: 1)
            schedule(.heartbeat(session: session, number: number), in: FollowTimes.heartbeat)
        case .askForLastRevocation:
            answer(.lastRevocation(fault == .answersBeforeReplay ? nil : stream.records.last.map { Self.position($0) }))
        case .askForAnchor(let id):
            answer(.anchor(stream.records.first { Self.identifier($0.id) == id }.map { Self.position($0) }))
        case .deleteConsumer, .checkStream:
            break
        case .republish:
            replays += 1
            for id in known.sorted() { append(id) }
        }
    }

    private mutating func answer(_ event: FollowEvent) {
        if percent(2) { return }
        schedule(.event(percent(2) ? .failed : event, id: nil, session: session), in: 1 + Int64(random.next() % 30))
    }

    private static func position(_ record: (sequence: UInt64, time: UInt64, id: Int)) -> FollowMachine.Position {
        FollowMachine.Position(sequence: record.sequence, time: record.time)
    }

    private static func identifier(_ id: Int) -> UUIDv7 {
        var random = SeededGenerator(seed: UInt64(id))
        return UUIDv7(unixMilliseconds: 1, using: &random)
    }

    // MARK: - The promise

    /// While this replica would answer, it knows every revocation that was stored longer ago than its bound.
    private mutating func check() {
        guard machine.isCurrent(at: now) else { return }
        currentChecks += 1
        let bound = now - FollowTimes.maxStaleness
        for (id, time) in storedAt where time < bound && !known.contains(id) {
            violations.append("\(now): current, and does not know \(id), stored at \(time)")
            return
        }
    }
}
