extension Blacklist {
    /// The changing side: the ledger's, one an instance at a time. A second one beside it traps: two writers would lose
    /// ids, and no lock guards against them.
    package struct Writer: ~Copyable {
        private let blacklist: Blacklist
        private let inPlace: InPlaceInsertion

        package init(_ blacklist: Blacklist) {
            precondition(blacklist.claimWriting(), "a blacklist has one writer at a time")
            self.blacklist = blacklist
            inPlace = blacklist.partitions.inPlace
        }

        deinit {
            blacklist.endWriting()
        }

        /// Holds the id until `expiresAt` (Unix milliseconds) at the least. Inserted again, the latest expiry counts.
        ///
        /// - Throws: when it needs memory that it may not or cannot have. The id is then not held, and must not be
        ///   acknowledged; all others still are.
        package mutating func insert(_ id: UUIDv7, expiresAt: Int64) throws(BlacklistError) {
            if !inPlace.insert(id, expiresAt: expiresAt) {
                try blacklist.partitions.insert(id, expiresAt: expiresAt)
            }
        }

        /// Has the memory fetched that the insert of this id will need: for a writer with other things to do in between.
        package func prefetch(_ id: UUIDv7) {
            inPlace.prefetch(id)
        }

        /// Drops the partitions whose every record has expired at `now` (Unix milliseconds) and returns how many ids
        /// that were. An id can be held for a slice longer than it asked for, never shorter.
        ///
        /// The caller answers for its clock: what was dropped is not back when the clock is set back.
        @discardableResult
        package mutating func removeExpired(at now: Int64) -> Int {
            blacklist.partitions.removeExpired(at: now)
        }

        /// Frees what readers have let go of. Growth does the same; this is for a writer that has nothing to insert.
        package mutating func reclaim() {
            blacklist.partitions.reclaim()
        }

        /// Calls with a bounded number of unexpired ids (those of one segment, 26,000 at the most) and with an expiry
        /// that none of them outlives; returns where to go on, nil at the end. Ids that are inserted between two calls
        /// may be among them or not; of those that were there at the first call none is left out and none comes twice.
        package mutating func forEachUnexpired(
            at now: Int64, from cursor: BlacklistCursor = .start, _ body: (UUIDv7, _ expiresAt: Int64) -> Void
        ) -> BlacklistCursor? {
            blacklist.partitions.forEachUnexpired(at: now, from: cursor, body)
        }
    }
}

/// A place in the order of `forEachUnexpired`: by slice, then by hash. It stays good when the table grows in between: a
/// segment only ever splits within its own range of hashes.
package struct BlacklistCursor: Equatable, Sendable {
    let slice: UInt64
    let placement: UInt64

    package static let start = BlacklistCursor(slice: 0, placement: 0)
}
