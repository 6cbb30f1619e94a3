import CNATS

/// Requests that wait in the loop because to answer them is dear; first come, first served.
///
/// Bounded by number and by bytes, and when it is full the handler is told before it puts off another
/// (`Reply.canBePutOff`), so that memory stays flat however many come in. A ring, because it may never be empty for hours.
@safe struct PutOffRequests: ~Copyable {
    struct Request: ~Copyable {
        let message: Message
        let endpoint: Int
    }

    @safe private struct Item {
        var message: OpaquePointer?
        var endpoint = 0
    }

    private let countLimit: Int
    private let byteLimit: Int
    private var ring: [Item]
    private var first = 0
    private(set) var count = 0
    private var bytes = 0

    init(limits: TransportLimits) {
        countLimit = limits.putOffRequests
        byteLimit = limits.putOffBytes
        ring = Array(repeating: Item(), count: countLimit)
    }

    deinit {
        for index in 0..<count {
            if let raw = unsafe ring[(first + index) % ring.count].message { unsafe token_service_free_message(raw) }
        }
    }

    /// Whether one more of any size that passes through may be added.
    var hasRoom: Bool { count < countLimit && bytes < byteLimit }

    /// To be asked `hasRoom` before.
    mutating func add(_ message: consuming Message, endpoint: Int) {
        precondition(count < ring.count, "no room for another request")
        bytes += message.payloadBytes
        let index = (first + count) % ring.count
        ring[index].endpoint = endpoint
        unsafe ring[index].message = message.release()
        count += 1
    }

    mutating func next() -> Request? {
        guard count > 0, let raw = unsafe ring[first].message else { return nil }
        let message = unsafe Message(owning: raw)
        let endpoint = ring[first].endpoint
        bytes -= message.payloadBytes
        unsafe ring[first].message = nil
        first = (first + 1) % ring.count
        count -= 1
        return Request(message: message, endpoint: endpoint)
    }
}
