internal import CPrefetch

extension Blacklist {
    /// The looking side: one a thread. It can be handed to another thread, never shared by two.
    ///
    /// It is pinned from its first lookup to `quiesce()`: as long, nothing that it could look at is freed.
    @usableFromInline
    package struct Reader: ~Copyable {
        private let blacklist: Blacklist
        private let lines: Lines
        private var record: ReaderRecord { ReaderRecord(address: lines.address) }
        @usableFromInline let root: Root
        @usableFromInline let secret: UInt64
        @usableFromInline let sliceShift: UInt64
        @usableFromInline var isPinned = false

        package init(_ blacklist: Blacklist) {
            self.blacklist = blacklist
            lines = Lines(1)
            root = blacklist.root
            secret = blacklist.secret
            sliceShift = blacklist.sliceShift
            blacklist.registry.add(ReaderRecord(address: lines.address))
        }

        deinit {
            blacklist.registry.remove(ReaderRecord(address: lines.address))
        }

        /// Whether the id was revoked. Says nothing about ids whose record has expired: the token's own `exp` decides
        /// those.
        @inlinable
        package mutating func contains(_ id: UUIDv7) -> Bool {
            if !isPinned { pin() }
            let hash = IDHash(id, secret: secret)
            guard let segment = segment(of: id, hash), segment.mayContain(hash) else { return false }
            if segment.contains(id, hash) { return true }
            countRefusedPass()
            return false
        }

        /// Has the filter's line of the id fetched, to be there when `contains` asks for it.
        ///
        /// Worth it with many ids and when something else is to be done in between: at ten million, two lookups after
        /// other work take a quarter less. With nothing in between it is an eighth (the processor is in the second
        /// lookup before the first has its line), and with few ids, whose filters stay in the cache, only costs its own
        /// few ns.
        package mutating func prefetch(_ id: UUIDv7) {
            if !isPinned { pin() }
            let hash = IDHash(id, secret: secret)
            guard let segment = segment(of: id, hash) else { return }
            prefetch_for_reading(segment.line(of: hash.slotPlacement &>> segment.word))
        }

        /// Between two batches: this reader holds nothing of what it has looked at, and what was unlinked meanwhile can
        /// be freed. Costs a store when there was a lookup since the last time, and nothing otherwise.
        @inlinable
        package mutating func quiesce() {
            if isPinned { unpin() }
        }

        @inlinable @inline(__always)
        func segment(of id: UUIDv7, _ hash: IDHash) -> Segment? {
            PartitionDirectory(word: root.directory.acquired).partition(of: id.high &>> sliceShift)?.segment(of: hash)
        }

        @usableFromInline @inline(never)
        mutating func pin() {
            record.pin(at: root.epoch)
            isPinned = true
        }

        @usableFromInline @inline(never)
        mutating func unpin() {
            isPinned = false
            record.unpin()
        }

        /// Relaxed and of this reader alone: a number to look at.
        @usableFromInline @inline(never)
        func countRefusedPass() {
            record.refusedPasses.storeRelaxed(record.refusedPasses.relaxed &+ 1)
        }
    }
}
