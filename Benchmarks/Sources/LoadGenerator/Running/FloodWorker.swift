internal import CLoad
import Glibc

/// One thread of a flood: requests as fast as the connections take them, whatever comes back.
///
/// A closed loop cannot flood: whoever waits for answers slows down with the one that he wants to drown. Here the only
/// bound is the socket's: `mostUnsent` bytes are made beforehand, and when nats-server reads no more, nothing more is made.
/// Answers are read and counted by what they say, and matched with no request; all requests share some reply subjects.
final class FloodWorker {
    private let plan: RunPlan
    private let times: RunTimes
    private let connections: [WireConnection]
    private let workload: Workload
    private let progress: Progress
    private let kind: RequestKind
    private let part: Int
    private let heads: [[UInt8]]
    private let slotTexts = ReplySlot.texts
    private var now: UInt64 = 0
    private var number: UInt64 = 0
    private var answers: UInt64 = 0
    private(set) var outcome = WorkerOutcome()

    /// Bytes of requests that wait for a socket.
    static let mostUnsent = 64 * 1_024
    /// nats-server remembers where some hundreds of subjects lead.
    private static let replySubjects: UInt64 = 256

    init(
        plan: RunPlan, times: RunTimes, connections: [WireConnection], material: Material, part: Int, progress: Progress
    ) {
        self.plan = plan
        self.times = times
        self.connections = connections
        self.progress = progress
        self.part = part
        kind = plan.mix.kinds[0]
        workload = Workload(mix: plan.mix, material: material, part: part, of: plan.threads)
        let subject = plan.subject(Workload.operation(kind))
        heads = connections.map { Array("PUB \(subject) ".utf8) + $0.inbox }
    }

    func run(rate: Int?) throws(LoadError) {
        load_wake_on_time()
        now = monotonicNanoseconds()
        let cpuBefore = threadNanoseconds()
        let schedule = rate.map {
            Schedule(start: times.start, rate: UInt64($0), step: UInt64(plan.threads), first: UInt64(part))
        }
        while now < times.measureUntil {
            for (index, connection) in connections.enumerated() { fill(connection, heads[index], schedule) }
            try transfer(until: schedule?.due(number))
        }
        outcome.cpuNanoseconds = threadNanoseconds() - cpuBefore
        outcome.ranNanoseconds = now - times.start
        outcome.endedAt = min(now, times.measureUntil)
        // Every one of them is to be answered, with a refusal at least.
        while answers < number && now < times.drainUntil { try transfer(until: now + 20_000_000) }
        outcome.failures.add("no reply within \(plan.timeoutSeconds) s", times: Int(number - min(answers, number)))
        outcome.failures.add("more replies than requests", times: Int(answers - min(answers, number)))
    }

    private func fill(_ connection: WireConnection, _ head: [UInt8], _ schedule: Schedule?) {
        while connection.outgoing.count < Self.mostUnsent {
            if let schedule, schedule.due(number) > now { return }
            guard let request = workload.next() else { return }
            connection.outgoing.append(head)
            let slot = Int(number % Self.replySubjects)
            connection.outgoing.append(slotTexts, slot * ReplySlot.width..<(slot + 1) * ReplySlot.width)
            workload.append(request, to: &connection.outgoing)
            number += 1
            if now >= times.measureFrom { outcome.sent += 1 }
        }
    }

    /// Writes and reads once; when nothing can be done, waits until something can or the next request is due.
    private func transfer(until due: UInt64?) throws(LoadError) {
        var didRead = false
        for connection in connections {
            try connection.flush()
            if try connection.read(waiting: false) {
                try take(connection)
                didRead = true
            }
        }
        now = monotonicNanoseconds()
        let isFull = connections.allSatisfy(\.hasUnsent)
        guard !didRead, isFull || due.map({ $0 > now }) == true else { return }
        let patience = isFull ? 20_000_000 : min((due ?? now) - now, 20_000_000)
        var descriptors = connections.map { connection in
            pollfd(
                fd: connection.descriptor, events: Int16(POLLIN | (connection.hasUnsent ? POLLOUT : 0)), revents: 0)
        }
        _ = unsafe load_poll(&descriptors, descriptors.count, Int64(patience))
        now = monotonicNanoseconds()
    }

    private func take(_ connection: WireConnection) throws(LoadError) {
        var (right, failures) = (0, 0)
        try connection.takeMessages { _, headers, payload in
            answers += 1
            guard let problem = workload.problem(Workload.Request(kind: kind, index: 0), headers: headers, payload: payload)
            else { return right += 1 }
            guard problem != ReplyCheck.unavailable else { return outcome.turnedAway += 1 }
            outcome.failures.add(problem)
            failures += 1
        }
        outcome.repliesInAll += right
        if now >= times.measureFrom && now < times.measureUntil { outcome.replies += right }
        progress.add(replies: right, failures: failures, latencies: 0, worst: 0)
    }
}
