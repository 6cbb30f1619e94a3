internal import CLoad
import Glibc

/// One thread of a run: its connections, its requests under way, and what it has measured.
///
/// A turn is: wait, read once, check each reply, put the requests that it makes room for (closed loop) or that are due
/// (open loop), write once. Batches grow by themselves, as a busy caller's do.
final class Worker {
    private let plan: RunPlan
    private let times: RunTimes
    private let connections: [WireConnection]
    private let workload: Workload
    private let progress: Progress
    /// By connection and kind: everything of a request before its reply slot.
    private let heads: [[[UInt8]]]

    private struct Slot {
        /// When it was sent, or was due.
        var time: UInt64 = 0
        var request = Workload.Request(kind: .hot, index: 0)
        var isUnderWay = false
    }

    private var slots: [Slot] = []
    private var freeSlots: [Int] = []
    private let slotTexts = ReplySlot.texts
    private var underWay = 0
    private var now: UInt64 = 0
    private var sent: UInt64 = 0
    private var lastSweep: UInt64 = 0
    private var batch = (replies: 0, failures: 0, latencies: UInt64(0), worst: UInt64(0))
    private(set) var outcome: WorkerOutcome

    init(
        plan: RunPlan, times: RunTimes, connections: [WireConnection], material: Material, part: Int, progress: Progress
    ) {
        self.plan = plan
        self.times = times
        self.connections = connections
        self.progress = progress
        workload = Workload(mix: plan.mix, material: material, part: part, of: plan.threads)
        heads = connections.map { connection in
            RequestKind.allCases.map { kind in
                Array("PUB \(plan.subject(Workload.operation(kind))) ".utf8) + connection.inbox
            }
        }
        outcome = WorkerOutcome()
        self.part = part
    }

    private let part: Int

    func run() throws(LoadError) {
        load_wake_on_time()
        now = monotonicNanoseconds()
        lastSweep = now
        let cpuBefore = threadNanoseconds()
        switch plan.pace {
        case .closed(let inFlight):
            let mine = inFlight * (part + 1) / plan.threads - inFlight * part / plan.threads
            try closedLoop(mine)
        case .open(let rate):
            try openLoop(Schedule(
                start: times.start, rate: UInt64(rate), step: UInt64(plan.threads), first: UInt64(part)))
        case .flood: preconditionFailure("a flood is FloodWorker's")
        }
        outcome.cpuNanoseconds = threadNanoseconds() - cpuBefore
        outcome.ranNanoseconds = monotonicNanoseconds() - times.start
        outcome.endedAt = min(monotonicNanoseconds(), times.measureUntil)
        try drain()
        outcome.poolTurns = workload.poolTurns
    }

    // MARK: Loops

    private func closedLoop(_ inFlight: Int) throws(LoadError) {
        for _ in 0..<inFlight { sendNext(due: now) }
        while now < times.measureUntil {
            try turn(patience: 50_000_000, isWaiting: true, sendsNext: true)
            if underWay == 0 {
                guard !workload.isExhausted else { return outcome.isExhausted = true }
                sendNext(due: now)
            }
        }
    }

    private func openLoop(_ schedule: Schedule) throws(LoadError) {
        var number: UInt64 = 0
        var due = schedule.due(0)
        // What was due within the time is sent even when this thread comes to it late: to leave it out would leave out
        // just what a stall has cost.
        while due < times.measureUntil && now < times.drainUntil {
            while due <= now && due < times.measureUntil {
                guard underWay < RunPlan.mostOutstanding / plan.threads, sendNext(due: due) else {
                    if workload.isExhausted { return outcome.isExhausted = true }
                    outcome.wasHeldBack = true
                    break
                }
                if due >= times.measureFrom { outcome.lateness.record(now - due) }
                number += 1
                due = schedule.due(number)
            }
            let patience = due > now ? min(due - now, 50_000_000) : underWay > 0 ? 100_000 : 0
            try turn(patience: patience, isWaiting: false, sendsNext: false)
        }
        while due < times.measureUntil {
            fail("due, and never sent: too many were under way")
            number += 1
            due = schedule.due(number)
        }
    }

    /// What was asked is waited for, and checked like everything else.
    private func drain() throws(LoadError) {
        while underWay > 0 && now < times.drainUntil {
            try turn(patience: 20_000_000, isWaiting: true, sendsNext: false)
        }
        for slot in slots.indices where slots[slot].isUnderWay { giveUp(slot) }
        publish()
    }

    private func turn(patience: UInt64, isWaiting: Bool, sendsNext: Bool) throws(LoadError) {
        for connection in connections where connection.hasUnsent { try connection.flush() }
        if connections.count == 1, !connections[0].hasUnsent {
            // One connection needs no poll: a read that waits is half the system calls.
            if try connections[0].read(waiting: isWaiting) {
                try takeReplies(connections[0], sendsNext: sendsNext)
            } else if !isWaiting && patience > 0 {
                try poll(patience, sendsNext: sendsNext)
            } else {
                now = monotonicNanoseconds()
            }
        } else {
            try poll(patience, sendsNext: sendsNext)
        }
        publish()
        if now > lastSweep + 250_000_000 { sweep(sendsNext: sendsNext && now < times.measureUntil) }
    }

    private func poll(_ patience: UInt64, sendsNext: Bool) throws(LoadError) {
        var descriptors = connections.map { connection in
            pollfd(
                fd: connection.descriptor, events: Int16(POLLIN | (connection.hasUnsent ? POLLOUT : 0)), revents: 0)
        }
        let unread = connections.contains(where: \.hasUnread)
        let ready = unsafe load_poll(&descriptors, descriptors.count, unread ? 0 : Int64(patience))
        guard ready > 0 || unread else {
            now = monotonicNanoseconds()
            return
        }
        for (index, descriptor) in descriptors.enumerated()
        where descriptor.revents & Int16(~POLLOUT) != 0 || connections[index].hasUnread {
            if try connections[index].read(waiting: false) {
                try takeReplies(connections[index], sendsNext: sendsNext)
                try connections[index].flush()
            }
        }
        now = monotonicNanoseconds()
    }

    // MARK: Requests and replies

    @discardableResult
    private func sendNext(due: UInt64) -> Bool {
        guard let request = workload.next() else { return false }
        guard let slot = freeSlots.popLast() ?? newSlot() else { return false }
        send(request, in: slot, due: due)
        return true
    }

    private func newSlot() -> Int? {
        guard slots.count < ReplySlot.limit else { return nil }
        slots.append(Slot())
        return slots.count - 1
    }

    @inline(__always)
    private func send(_ request: Workload.Request, in slot: Int, due: UInt64) {
        let index = connections.count == 1 ? 0 : slot % connections.count
        let connection = connections[index]
        connection.outgoing.append(heads[index][Int(request.kind.rawValue)])
        let text = slot * ReplySlot.width..<(slot + 1) * ReplySlot.width
        connection.outgoing.append(slotTexts, text)
        workload.append(request, to: &connection.outgoing)
        slots[slot] = Slot(time: due, request: request, isUnderWay: true)
        underWay += 1
        sent += 1
    }

    private func takeReplies(_ connection: WireConnection, sendsNext: Bool) throws(LoadError) {
        now = monotonicNanoseconds()
        let goesOn = sendsNext && now < times.measureUntil
        try connection.takeMessages { slot, headers, payload in
            take(slot, headers, payload, sendsNext: goesOn)
        }
    }

    @inline(__always)
    private func take(_ slot: Int, _ headers: RawSpan, _ payload: RawSpan, sendsNext: Bool) {
        guard slot >= 0, slot < slots.count, slots[slot].isUnderWay else {
            // A reply to what was given up comes late; any other is one too many.
            if !outcome.gaveUp.contains(slot) { fail("a reply that nobody waits for") }
            return
        }
        let (time, request) = (slots[slot].time, slots[slot].request)
        slots[slot].isUnderWay = false
        underWay -= 1
        if let problem = workload.problem(request, headers: headers, payload: payload) {
            fail(problem)
        } else {
            succeed(request.kind, time)
        }
        if sendsNext, let next = workload.next() {
            send(next, in: slot, due: now)
        } else {
            freeSlots.append(slot)
        }
    }

    @inline(__always)
    private func succeed(_ kind: RequestKind, _ time: UInt64) {
        let latency = now - time
        batch.replies += 1
        outcome.repliesInAll += 1
        batch.latencies &+= latency
        batch.worst = max(batch.worst, latency)
        let repliedInTime = now >= times.measureFrom && now < times.measureUntil
        if repliedInTime { outcome.replies += 1 }
        let isSample = switch plan.pace {
        case .closed, .flood: repliedInTime
        // By when it was due: a reply that comes after the end is a sample all the same, and a slow one.
        case .open: time >= times.measureFrom && time < times.measureUntil
        }
        if isSample { outcome.latencies[Int(kind.rawValue)].record(latency) }
    }

    private func fail(_ problem: String) {
        outcome.failures.add(problem)
        batch.failures += 1
    }

    private func sweep(sendsNext: Bool) {
        lastSweep = now
        let timeout = UInt64(plan.timeoutSeconds * 1e9)
        for slot in slots.indices where slots[slot].isUnderWay && slots[slot].time + timeout < now {
            giveUp(slot)
            if sendsNext { sendNext(due: now) }
        }
    }

    /// The slot is not used again: its reply may come yet, and would be taken for another's.
    private func giveUp(_ slot: Int) {
        slots[slot].isUnderWay = false
        underWay -= 1
        outcome.gaveUp.insert(slot)
        workload.gaveUp(slots[slot].request)
        fail("no reply within \(plan.timeoutSeconds) s")
    }

    private func publish() {
        guard batch.replies > 0 || batch.failures > 0 else { return }
        progress.add(
            replies: batch.replies, failures: batch.failures, latencies: batch.latencies, worst: batch.worst)
        batch = (0, 0, 0, 0)
    }
}
