import Synchronization

/// What a loop shares with the other threads: wishes go in, state and counters come out. Lives as long as anybody
/// holds the loop's handle, so that a late wake hits nothing that is gone.
final class LoopControl: Sendable {
    let wakeDescriptor: EventDescriptor
    let statistics = PublishedStatistics()
    private let wakePending = Atomic(false)
    private let mailboxPending = Atomic(false)
    private let servingWish: Atomic<Bool>
    /// Monotonic nanoseconds; 0 means that no drain is wished.
    private let drainDeadline = Atomic<UInt64>(0)
    private let publishedState = Atomic(LoopState.disconnected.rawValue)
    private let closing = Mutex(Closing())

    private struct Closing {
        var outcome: CloseOutcome?
        var waiters: [@Sendable (CloseOutcome) -> Void] = []
    }

    init(serving: Bool) throws(TransportError) {
        wakeDescriptor = try EventDescriptor()
        servingWish = Atomic(serving)
    }

    // MARK: From other threads

    func signalMailbox() {
        mailboxPending.store(true, ordering: .releasing)
        wake()
    }

    func wishServing(_ serving: Bool) {
        servingWish.store(serving, ordering: .releasing)
        wake()
    }

    /// The earliest of the deadlines that were wished holds.
    func wishDrain(deadline: UInt64) {
        var current = drainDeadline.load(ordering: .relaxed)
        while current == 0 || deadline < current {
            let (exchanged, original) = drainDeadline.compareExchange(
                expected: current, desired: deadline, ordering: .acquiringAndReleasing)
            if exchanged { break }
            current = original
        }
        wake()
    }

    /// Release on the wish, acquire-release on `wakePending`: a loop that takes `false` from it afterwards sees the
    /// wish, and one that took it before is woken by the write that then follows. So only the first of several wakes
    /// costs a system call, and none is lost.
    private func wake() {
        if !wakePending.exchange(true, ordering: .acquiringAndReleasing) {
            wakeDescriptor.signal()
        }
    }

    var state: LoopState { LoopState(rawValue: publishedState.load(ordering: .acquiring)) ?? .closed }

    func whenClosed(_ waiter: @escaping @Sendable (CloseOutcome) -> Void) {
        let outcome = closing.withLock { closing in
            if closing.outcome == nil { closing.waiters.append(waiter) }
            return closing.outcome
        }
        if let outcome { waiter(outcome) }
    }

    // MARK: From the loop's thread

    struct Wishes {
        let mailbox: Bool
        let serving: Bool
        let drainDeadline: UInt64?
    }

    func takeWishes() -> Wishes {
        wakeDescriptor.take()
        _ = wakePending.exchange(false, ordering: .acquiringAndReleasing)
        let deadline = drainDeadline.load(ordering: .acquiring)
        return Wishes(
            mailbox: mailboxPending.exchange(false, ordering: .acquiringAndReleasing),
            serving: servingWish.load(ordering: .acquiring),
            drainDeadline: deadline == 0 ? nil : deadline
        )
    }

    func publish(_ state: LoopState) {
        publishedState.store(state.rawValue, ordering: .releasing)
    }

    func publishClosed(_ outcome: CloseOutcome) {
        publish(.closed)
        let waiters = closing.withLock { closing in
            closing.outcome = outcome
            defer { closing.waiters = [] }
            return closing.waiters
        }
        for waiter in waiters { waiter(outcome) }
    }
}
