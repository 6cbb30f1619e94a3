/// The words where readers and the writer of one blacklist meet, each kind on a line of its own: what every lookup
/// loads must not share a line with what every insert changes.
@usableFromInline
struct Root {
    static let lines = 3

    @usableFromInline let address: UInt

    @inlinable
    init(_ address: UInt) {
        self.address = address
    }

    /// Where a lookup starts. Stored releasing by the writer once the directory behind it is filled, acquired by
    /// readers.
    @inlinable @inline(__always)
    var directory: SharedWord { SharedWord(address) }

    /// How often something was unlinked. See `ReaderRegistry`.
    @inlinable @inline(__always)
    var epoch: SharedWord { SharedWord(address &+ 64) }

    // Counters, all relaxed: each is a number to look at, and nothing is concluded from it about any other memory.
    var entries: SharedWord { SharedWord(address + 128) }
    var partitions: SharedWord { SharedWord(address + 136) }
    var bytes: SharedWord { SharedWord(address + 144) }
    var retiredBytes: SharedWord { SharedWord(address + 152) }
    var refusedInserts: SharedWord { SharedWord(address + 160) }
}
