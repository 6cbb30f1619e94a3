internal import Synchronization

/// Who may be looking at what the writer wants to free.
///
/// Every reader has a record, a line of its own: the epoch at which it pinned itself, or `unpinned`. It pins itself at
/// the first lookup of a batch and lets go at the batch's end, so a reader that sleeps, or has nothing to do, is
/// unpinned and holds nothing up, however long it sleeps; there is no call to forget before a sleep.
///
/// Why nothing is freed that a reader looks at. The writer unlinks, raises the epoch to e, fences, and reads the
/// records; it frees when every record is at e or above. A reader reads the epoch, stores it in its record, fences, and
/// then follows pointers. Of the two fences (sequentially consistent) one is first:
/// - the reader's: the writer sees the record. Is it below e, the writer waits. Is it e or above, the reader had
///   acquired that epoch, which was released after the unlinking, and cannot find what was unlinked.
/// - the writer's: the reader follows pointers as they are after the unlinking.
/// And the reader's release at the batch's end, acquired by the writer, puts all its looking before the freeing.
///
/// Cost: a fence a batch, two stores; nothing a lookup. Chosen over epochs that every reader has to announce all the
/// time (a loop asleep in epoll for five seconds would hold up everything retired meanwhile) and over hazard pointers
/// (a fence a lookup). A reader that never ends its batch holds up what is retired after its start; that counts into
/// the limit.
///
/// The lock is for those who come and go, and for the writer's look around; no lookup takes it.
final class ReaderRegistry: Sendable {
    /// Above every epoch.
    static let unpinned = UInt64.max

    private struct State {
        var records: [ReaderRecord] = []
        /// What readers have counted that are gone.
        var refusedPasses: UInt64 = 0
    }

    private let state = Mutex(State())

    func add(_ record: ReaderRecord) {
        record.epoch.storeRelaxed(Self.unpinned)
        state.withLock { $0.records.append(record) }
    }

    func remove(_ record: ReaderRecord) {
        state.withLock { state in
            state.records.removeAll { $0.address == record.address }
            state.refusedPasses += record.refusedPasses.relaxed
        }
    }

    /// The epoch of the reader that is pinned longest; what was unlinked by then can be freed.
    func oldestPin() -> UInt64 {
        // Between the unlinking, which is done, and the look at the records: the writer's fence of the essay.
        atomicMemoryFence(ordering: .sequentiallyConsistent)
        return state.withLock { state in
            state.records.reduce(Self.unpinned) { min($0, $1.epoch.acquired) }
        }
    }

    var readers: Int { state.withLock { $0.records.count } }

    var refusedPasses: UInt64 {
        state.withLock { state in
            state.records.reduce(state.refusedPasses) { $0 + $1.refusedPasses.relaxed }
        }
    }
}

/// A reader's line, owned by the reader.
struct ReaderRecord: Sendable {
    let address: UInt

    var epoch: SharedWord { SharedWord(address) }
    /// Stored by the reader alone.
    var refusedPasses: SharedWord { SharedWord(address + 8) }

    func pin(at epoch: SharedWord) {
        // Acquired, so that whoever has epoch e has everything that was unlinked before it. Releasing, because the
        // writer may see this pin and never the letting go before it: the last batch's looking is then ordered by it.
        self.epoch.storeReleasing(epoch.acquired)
        // Between the record and the first pointer followed: the reader's fence of the essay.
        atomicMemoryFence(ordering: .sequentiallyConsistent)
    }

    func unpin() {
        // Releasing: every load of the batch happens before the freeing that this allows.
        epoch.storeReleasing(ReaderRegistry.unpinned)
    }
}
