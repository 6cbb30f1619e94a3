internal import Blacklist

/// Some of the records that were delivered, the oldest among them: by it a purge is seen that takes what is old and spares
/// what is new. In the order of their sequences, at even distances, and never more than `bound`.
///
/// As long as the very first one stands, no such purge goes unseen. When it has expired, one that takes less than the next
/// distance may: a sixty-fourth to a thirty-second of what was delivered. Keeping all of them would take as much memory as the
/// blacklist.
struct DeliveredSample: Equatable, Sendable {
    static let bound = 64

    private var anchors: [FollowMachine.Anchor] = []
    /// Of so many that are delivered one is kept.
    private var distance: UInt64 = 1
    private var passed: UInt64 = 0

    var oldest: FollowMachine.Anchor? { anchors.first }

    var count: Int { anchors.count }

    mutating func insert(_ anchor: FollowMachine.Anchor) {
        passed += 1
        guard anchors.isEmpty || passed >= distance else { return }
        passed = 0
        if anchors.count == Self.bound {
            anchors = stride(from: 0, to: Self.bound, by: 2).map { anchors[$0] }
            distance *= 2
        }
        anchors.append(anchor)
    }

    mutating func removeOldest() {
        if !anchors.isEmpty { anchors.removeFirst() }
    }

    mutating func removeAll() { self = DeliveredSample() }
}
