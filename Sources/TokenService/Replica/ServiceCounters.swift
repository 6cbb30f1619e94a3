import Synchronization

/// What is counted beside the loops' own statistics. Relaxed throughout: each counter stands for itself, and nothing
/// else is published by it.
final class ServiceCounters: Sendable {
    private let reusesCounter = Atomic(0)

    /// Refresh tokens that were presented again after their rotation; each cost its family.
    var reuses: Int { reusesCounter.load(ordering: .relaxed) }

    func countReuse() { reusesCounter.add(1, ordering: .relaxed) }
}
