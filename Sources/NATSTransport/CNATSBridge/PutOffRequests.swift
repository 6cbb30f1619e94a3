import CNATS

/// Requests that wait in the loop because to answer them is dear.
///
/// A queue for each endpoint, and they take turns, so that who floods one subject with what has to be checked keeps nobody
/// from another. Within a queue first come, first served.
///
/// Each is bounded by number, by bytes and by time, and when it is full the handler is told before it puts off another
/// (`Reply.canBePutOff`). So memory stays flat however many come in, and when more come in than can be done, what is done is
/// for callers who still wait: no more are let in than can be worked off in that time, as what was worked off lately tells,
/// for whoever is let in and too late has waited in vain. Rings, because they may never be empty for hours.
@safe struct PutOffRequests: ~Copyable {
    struct Request: ~Copyable {
        let message: Message
        let endpoint: Int
        /// It has waited for longer than any may.
        let isLate: Bool
    }

    private var queues: [Queue]
    /// The one that is asked first for the next request.
    private var turn = 0
    private(set) var count = 0
    private let limits: Queue.Limits

    init(limits: TransportLimits, endpoints: Int) {
        precondition(endpoints <= UInt64.bitWidth, "a bit for each endpoint")
        self.limits = Queue.Limits(
            count: limits.putOffRequests, bytes: limits.putOffBytes, nanoseconds: UInt64(limits.putOffMilliseconds) * 1_000_000)
        let limits = self.limits
        queues = (0..<endpoints).map { _ in Queue(limits) }
    }

    deinit {
        for queue in queues { queue.freeAll() }
    }

    /// A bit for each endpoint that has room for one more request, of any size that passes through.
    func room(at now: UInt64) -> UInt64 {
        var room: UInt64 = 0
        for index in queues.indices where queues[index].hasRoom(limits, at: now) { room |= 1 &<< UInt64(index) }
        return room
    }

    /// To be asked `room` before.
    mutating func add(_ message: consuming Message, endpoint: Int, at now: UInt64) {
        queues[endpoint].add(message, at: now)
        count += 1
    }

    mutating func next(at now: UInt64) -> Request? {
        guard count > 0 else { return nil }
        while queues[turn].count == 0 { advance() }
        defer { advance() }
        count -= 1
        let isLate = queues[turn].isLate(limits, at: now)
        return Request(message: queues[turn].next(), endpoint: turn, isLate: isLate)
    }

    /// What one has cost that was not late.
    mutating func tookUp(endpoint: Int, nanoseconds: UInt64) {
        queues[endpoint].tookUp(nanoseconds, limits)
    }

    private mutating func advance() {
        turn = turn + 1 == queues.count ? 0 : turn + 1
    }
}

extension PutOffRequests {
    /// One endpoint's. What it holds is freed by its owner.
    @safe private struct Queue {
        struct Limits {
            let count: Int
            let bytes: Int
            let nanoseconds: UInt64
        }

        @safe private struct Item {
            var message: OpaquePointer?
            var since: UInt64 = 0
        }

        private var ring: [Item]
        private var first = 0
        private(set) var count = 0
        private var bytes = 0
        /// What one costs, in nanoseconds, and how many can be worked off in time if there is nothing else to be done.
        private var cost: UInt64
        private var timely: Int

        /// At first taken for two signatures of the quick kinds.
        private static let firstCost: UInt64 = 50_000

        init(_ limits: Limits) {
            ring = Array(repeating: Item(), count: limits.count)
            cost = Self.firstCost
            timely = Self.timely(cost, limits)
        }

        private static func timely(_ cost: UInt64, _ limits: Limits) -> Int {
            Int(clamping: max(1, limits.nanoseconds / cost))
        }

        /// Rises slowly: one that was long because the thread had no core must not keep out those that are cheap.
        mutating func tookUp(_ nanoseconds: UInt64, _ limits: Limits) {
            if nanoseconds > cost {
                cost += min(nanoseconds - cost, cost) / 16
            } else {
                cost = max(1, cost - (cost - nanoseconds) / 4)
            }
            timely = Self.timely(cost, limits)
        }

        func hasRoom(_ limits: Limits, at now: UInt64) -> Bool {
            count < min(limits.count, timely) && bytes < limits.bytes && !isLate(limits, at: now)
        }

        /// The one that waits longest.
        func isLate(_ limits: Limits, at now: UInt64) -> Bool {
            count > 0 && now > ring[first].since + limits.nanoseconds
        }

        mutating func add(_ message: consuming Message, at now: UInt64) {
            precondition(count < ring.count, "no room for another request")
            bytes += message.heldBytes
            let index = (first + count) % ring.count
            ring[index].since = now
            unsafe ring[index].message = message.release()
            count += 1
        }

        /// Of a queue that is not empty.
        mutating func next() -> Message {
            guard count > 0, let raw = unsafe ring[first].message else { preconditionFailure("an empty queue") }
            let message = unsafe Message(owning: raw)
            bytes -= message.heldBytes
            unsafe ring[first].message = nil
            first = (first + 1) % ring.count
            count -= 1
            return message
        }

        func freeAll() {
            for index in 0..<count {
                if let raw = unsafe ring[(first + index) % ring.count].message { unsafe token_service_free_message(raw) }
            }
        }
    }
}
