internal import Synchronization

/// The ids that must no longer be believed: one instance for families (`sid`), one for access tokens (`jti`).
///
/// Promises. Exact: an id that was inserted and has not expired is found by every reader, from the moment the insert
/// returns, also while the table grows and old parts of it are dropped; an id that was never inserted is never found.
/// Nothing is forgotten to save memory: at the limit an insert is refused, and whoever asked for the revocation is
/// told.
///
/// Shape. Ids are UUIDv7 and so tell when they were made. They are cut by that time into partitions (a slice is a 32nd
/// of a token's life or a little more), and a lookup touches the partition of its slice only. When the last record of a
/// partition has expired, it is dropped whole: no tombstones, no rebuild. A partition is cut again, by its ids' hash,
/// into segments of bounded size; a segment is a Bloom filter of one cache line a key before an open-addressed table.
///
///     directory: slice -> partition: hash -> segment: filter line, then slots
///
/// Threads. One `Writer` (the ledger's), any number of `Reader`s (one a request loop). Lookups are wait-free: no lock,
/// no allocation, no store but one at the beginning of a batch and one at its end. The writer changes things in place
/// where that is a single word (an empty slot, a segment's place), and otherwise builds aside and publishes with one
/// release store; what is unlinked is freed when no reader can hold it (`ReaderRegistry`).
///
/// Cost. An absent id: three loads that stay in the first cache, and the filter's line. A present one: the table's line
/// besides. Memory: 22.5 bytes an id when the segments are full, 45 after all have split, at any number of ids; a step
/// of growth needs two segments (1.2 MB) on top, never a second table. `Benchmarks/Blacklist` measures all of it.
///
/// Nothing is sized beforehand, also not from the number of records that a replay begins with. All steps together copy an
/// id once or twice, from front to back, and that is not felt: inserting a million ids took 107 and 106 ns each with
/// growth, 104 and 106 into partitions made for their size; ten million 188 and 196 ns with growth, 200 and 199 without
/// (the new memory is then the cost). And a count does not tell how the ids lie over the slices: a wrong guess would take
/// memory under the hard limit from ids that need it.
@usableFromInline
package final class Blacklist: Sendable {
    /// Some 12 to 24 million ids.
    package static let defaultMemoryLimitBytes = 512 << 20
    /// For who does not know better: slices of 32 s, right for tokens that live a quarter of an hour.
    package static let defaultLifetimeMilliseconds: Int64 = 15 * 60 * 1_000

    private let rootLines: Lines
    let registry = ReaderRegistry()
    let secret: UInt64
    /// From an id's first word to its slice.
    let sliceShift: UInt64
    let partitions: PartitionTable
    private let hasWriter = Atomic(false)

    /// - Parameters:
    ///   - lifetimeMilliseconds: how long the tokens live at the most that the ids are of. Only the width of a slice
    ///     follows from it: other lifetimes are answered as exactly, but cost more partitions, or hold expired ids
    ///     longer.
    ///   - memoryLimitBytes: the hard limit; an insert that would need more is refused.
    package convenience init(
        lifetimeMilliseconds: Int64 = Blacklist.defaultLifetimeMilliseconds,
        memoryLimitBytes: Int = Blacklist.defaultMemoryLimitBytes
    ) {
        self.init(
            lifetimeMilliseconds: lifetimeMilliseconds, memoryLimitBytes: memoryLimitBytes,
            secret: IDHash.randomSecret())
    }

    /// For tests, which want the same places every time, and memory that fails when they say so.
    ///
    /// - Parameters:
    ///   - secret: see `IDHash`; odd and with its top bit set.
    ///   - mayAllocate: see `StorageHeap`.
    package init(
        lifetimeMilliseconds: Int64 = Blacklist.defaultLifetimeMilliseconds,
        memoryLimitBytes: Int = Blacklist.defaultMemoryLimitBytes, secret: UInt64,
        mayAllocate: @escaping @Sendable (Int) -> Bool = { _ in true }
    ) {
        let lines = Lines(Root.lines)
        let shift = Self.sliceShift(lifetimeMilliseconds: lifetimeMilliseconds)
        partitions = PartitionTable(
            root: Root(lines.address), registry: registry, secret: secret, sliceShift: shift,
            heap: StorageHeap(limitBytes: memoryLimitBytes, mayAllocate: mayAllocate))
        sliceShift = shift
        self.secret = secret
        rootLines = lines
    }

    var root: Root { Root(rootLines.address) }

    /// How long a slice is: records are dropped by slices.
    package var sliceMilliseconds: Int64 { 1 << (Int64(sliceShift) - 16) }

    /// The number of ids held, expired ones that have not been dropped yet included.
    package var count: Int { Int(root.entries.relaxed) }

    /// Whether an eighth of the memory is left. For whoever can refuse an id, to leave it to who cannot.
    package var hasRoom: Bool {
        let limit = partitions.limitBytes
        return Int(root.bytes.relaxed) < limit - limit / 8
    }

    /// What an id is refused with that was not even tried, and counted with those that were.
    ///
    /// The writer's thread only.
    package func refused() -> BlacklistError {
        root.refusedInserts.storeRelaxed(root.refusedInserts.relaxed &+ 1)
        return .full(limitBytes: partitions.limitBytes)
    }

    package var counters: BlacklistCounters {
        var counters = BlacklistCounters()
        counters.entries = Int(root.entries.relaxed)
        counters.partitions = Int(root.partitions.relaxed)
        counters.bytes = Int(root.bytes.relaxed) + (Root.lines + registry.readers) * Int(CacheLine.bytes)
        counters.retiredBytes = Int(root.retiredBytes.relaxed)
        counters.limitBytes = partitions.limitBytes
        counters.refusedInserts = Int(root.refusedInserts.relaxed)
        counters.refusedPasses = Int(registry.refusedPasses)
        return counters
    }

    /// Acquiring and releasing: what one writer has done happens before what the next one does.
    func claimWriting() -> Bool {
        !hasWriter.exchange(true, ordering: .acquiringAndReleasing)
    }

    func endWriting() {
        hasWriter.store(false, ordering: .releasing)
    }

    /// The smallest power of two that is no less than a 32nd of the lifetime: a partition is kept that much longer than
    /// its first record, and there are 16 to 32 of them. A shift, as the time is the top 48 bits of an id's first word.
    private static func sliceShift(lifetimeMilliseconds: Int64) -> UInt64 {
        let slice = UInt64(max(lifetimeMilliseconds / 32, 1))
        let bits = slice == 1 ? 0 : 64 - (slice - 1).leadingZeroBitCount
        return 16 + UInt64(min(bits, 47))
    }
}
