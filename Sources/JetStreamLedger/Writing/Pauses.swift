/// What waits for another try: a queue for each length that a pause can have.
struct Pauses<Element> {
    private var queues = LedgerTimes.retryPausesMilliseconds.map { Deadlines<Element>(delay: $0) }

    var next: Int64? { queues.compactMap(\.next).min() }

    /// - Parameter milliseconds: one of `LedgerTimes.retryPausesMilliseconds`.
    mutating func set(_ element: Element, milliseconds: Int64, now: Int64) {
        let index = queues.firstIndex { $0.delay >= milliseconds } ?? queues.count - 1
        queues[index].set(element, now: now)
    }

    /// One that is over, or nil.
    mutating func popDue(at now: Int64) -> Element? {
        for index in queues.indices {
            if let element = queues[index].popDue(at: now) { return element }
        }
        return nil
    }
}
