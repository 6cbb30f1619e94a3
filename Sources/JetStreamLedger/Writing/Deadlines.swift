/// Deadlines that all lie equally far ahead of about the moment at which they are set, so that they come due nearly in the
/// order in which they were set: a queue, where a general timer would need a heap. Those that are no longer wanted are recognised by their owner
/// when they come due.
struct Deadlines<Element> {
    private var queue: [(due: Int64, element: Element)] = []
    private var head = 0

    let delay: Int64

    init(delay: Int64) {
        self.delay = delay
    }

    var next: Int64? { head < queue.count ? queue[head].due : nil }

    mutating func set(_ element: Element, now: Int64) {
        let due = now + delay
        var place = queue.count
        while place > head, queue[place - 1].due > due { place -= 1 }
        queue.insert((due, element), at: place)
    }

    /// One that has come due, or nil.
    mutating func popDue(at now: Int64) -> Element? {
        guard head < queue.count, queue[head].due <= now else { return nil }
        defer {
            head += 1
            // Half of it is behind us: worth moving the rest.
            if head > 64, head * 2 > queue.count {
                queue.removeFirst(head)
                head = 0
            }
        }
        return queue[head].element
    }
}
