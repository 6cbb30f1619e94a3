internal import Blacklist

/// The revocations that this replica has stored and that its consumer has not brought back yet: by them it is seen that
/// the stream has lost something which nobody else may know. In the order of their sequences; acknowledgements come in
/// nearly that order.
struct UndeliveredWrites: Equatable, Sendable {
    private var queue: [FollowMachine.Anchor] = []
    private var head = 0

    var last: FollowMachine.Anchor? { head < queue.count ? queue.last : nil }

    /// Their times are not known: 0.
    mutating func insert(_ id: UUIDv7, at sequence: UInt64) {
        var index = queue.count
        while index > head, queue[index - 1].position.sequence > sequence { index -= 1 }
        queue.insert(.init(id: id, position: .init(sequence: sequence, time: 0)), at: index)
    }

    /// The consumer has come to `sequence`.
    ///
    /// - Returns: one that it has passed over.
    mutating func delivered(_ sequence: UInt64) -> FollowMachine.Anchor? {
        var missed: FollowMachine.Anchor?
        while head < queue.count, queue[head].position.sequence <= sequence {
            if queue[head].position.sequence < sequence { missed = missed ?? queue[head] }
            head += 1
        }
        if head == queue.count {
            removeAll()
        } else if head > 64, head * 2 > queue.count {
            queue.removeFirst(head)
            head = 0
        }
        return missed
    }

    mutating func removeAll() {
        queue.removeAll(keepingCapacity: true)
        head = 0
    }
}
