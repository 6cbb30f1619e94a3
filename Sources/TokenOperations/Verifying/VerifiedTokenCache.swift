internal import Blacklist
internal import StrictJSON

/// A loop's private memory of tokens whose signature and issuer were found good, with the reply ready-made.
///
/// Promises. A hit means that the very bytes presented were verified by this loop: the whole token is compared, the hash
/// only finds the place. What can change is not remembered: expiry and revocation are asked at every hit.
/// Flooding cannot grow it, and only tokens with a good signature get in, so garbage cannot push anything out. The tokens
/// of a key that is retired can be forgotten by themselves.
///
/// Layout. Sets of `ways` entries; a set is chosen by a keyed hash of the token's last bytes, which are signature
/// and so look random, and all of a set's hashes lie side by side. Token and reply bytes lie in one slab, a fixed slot
/// an entry; what does not fit into a slot is not remembered. With half as many tokens in turn as there are places, one in
/// twenty has more than `ways - 1` others in its set (one in seven with four ways).
///
/// Inlined, what only looks: a function that borrows this is handed a copy of its five words, in pairs, and such a load
/// waits until `insert`, which writes one of them back, has reached memory with all that it wrote before.
///
/// Threads: one. Cost: one hash of 32 bytes, `ways` compares of eight bytes, one compare of the token; no allocation
/// after `init`, and none of it counts references.
struct VerifiedTokenCache: ~Copyable {
    static let ways = 8
    static let maxTokenBytes = 768
    static let maxReplyBytes = 512
    /// Bytes of the token's end that are hashed.
    private static let hashedBytes = 32
    private static let slotBytes = maxTokenBytes + maxReplyBytes

    /// Where a token was found; good until the next `insert` or `drop`.
    struct Place {
        fileprivate let index: Int
    }

    struct Entry {
        var expiresAt: Int64
        var id: UUIDv7
        var family: UUIDv7
        /// Whatever the owner tells keys apart by.
        var key: Int
        fileprivate var tokenBytes: Int
        fileprivate var replyBytes: Int

        /// What is remembered of a token beside its bytes and its reply.
        init(expiresAt: Int64, id: UUIDv7, family: UUIDv7, key: Int) {
            self.expiresAt = expiresAt
            self.id = id
            self.family = family
            self.key = key
            tokenBytes = 0
            replyBytes = 0
        }
    }

    private let seed: UInt64
    /// The number of sets, a power of two, less one.
    private let setMask: Int
    /// 0 marks an empty place; a hash that happens to be 0 is stored as 1.
    private var hashes: [UInt64]
    private var entries: [Entry?]
    private var nextVictim: [UInt8]
    private var slab: [UInt8]

    /// - Parameters:
    ///   - capacity: tokens that are remembered, some 1.4 KB each; rounded up to the next power of two.
    ///   - seed: a secret of this process, so that nobody can choose tokens that share a set.
    init(capacity: Int, seed: UInt64) {
        let perWay = max(1, (capacity + Self.ways - 1) / Self.ways)
        let sets = 1 << (Int.bitWidth - (perWay - 1).leadingZeroBitCount)
        setMask = sets - 1
        self.seed = seed
        hashes = Array(repeating: 0, count: sets * Self.ways)
        entries = Array(repeating: nil, count: sets * Self.ways)
        nextVictim = Array(repeating: 0, count: sets)
        slab = Array(repeating: 0, count: sets * Self.ways * Self.slotBytes)
    }

    /// Where a token is that has this one's hash and length, or nil: this one itself, unless two are alike in 64 keyed
    /// bits. To be asked `holds` before anything is believed.
    ///
    /// Apart from it, so that what else will be needed can be fetched while the bytes are compared.
    @inline(__always)
    func findLikely(_ token: RawSpan) -> Place? {
        guard token.byteCount <= Self.maxTokenBytes, token.byteCount >= Self.hashedBytes else { return nil }
        let hash = hash(of: token)
        let first = firstWay(of: hash)
        for index in first..<first + Self.ways where hashes[index] == hash {
            if let entry = entries[index], entry.tokenBytes == token.byteCount { return Place(index: index) }
        }
        return nil
    }

    /// Whether exactly this token is at a place that `findLikely` has just said it is likely at.
    @inline(__always)
    func holds(_ token: RawSpan, at place: Place) -> Bool {
        let slot = place.index * Self.slotBytes
        return slab.rawSpan.extracting(slot..<slot + token.byteCount).equals(token)
    }

    @inline(__always)
    func entry(at place: Place) -> Entry? { entries[place.index] }

    /// The ready-made reply of what `find` has just found.
    @_lifetime(borrow self)
    func reply(at place: Place) -> RawSpan {
        let start = place.index * Self.slotBytes + Self.maxTokenBytes
        return slab.rawSpan.extracting(start..<start + (entries[place.index]?.replyBytes ?? 0))
    }

    /// Remembers a token that was just verified; the oldest of its set makes room.
    mutating func insert(_ token: RawSpan, _ entry: Entry, reply: RawSpan) {
        guard token.byteCount <= Self.maxTokenBytes, token.byteCount >= Self.hashedBytes,
            reply.byteCount <= Self.maxReplyBytes
        else { return }
        let hash = hash(of: token)
        let first = firstWay(of: hash)
        let set = first / Self.ways
        let index = first + Int(nextVictim[set])
        nextVictim[set] = (nextVictim[set] + 1) % UInt8(Self.ways)
        let slot = index * Self.slotBytes
        slab.overwrite(at: slot, with: token)
        slab.overwrite(at: slot + Self.maxTokenBytes, with: reply)
        var entry = entry
        entry.tokenBytes = token.byteCount
        entry.replyBytes = reply.byteCount
        hashes[index] = hash
        entries[index] = entry
    }

    /// Forgets every token of a key, and no other. Looks at all places: for a change of keys, not for a request.
    mutating func drop(key: Int) {
        for index in entries.indices where entries[index]?.key == key {
            hashes[index] = 0
            entries[index] = nil
        }
    }

    private func hash(of token: RawSpan) -> UInt64 {
        // Two chains of two words each, so that the processor can follow both at once; see `RawSpan.hash` for the mixing.
        let tail = token.byteCount - Self.hashedBytes
        let left = Self.mix(token.word(at: tail) ^ seed, token.word(at: tail + 8) ^ 0xe703_7ed1_a0b4_28db)
        let right = Self.mix(token.word(at: tail + 16) ^ ~seed, token.word(at: tail + 24) ^ 0x8ebc_6af0_9c88_c6e3)
        return max(Self.mix(left ^ seed, right ^ 0x5899_65cc_7537_4cc3), 1)
    }

    private static func mix(_ left: UInt64, _ right: UInt64) -> UInt64 {
        let product = left.multipliedFullWidth(by: right)
        return product.high ^ product.low
    }

    private func firstWay(of hash: UInt64) -> Int {
        (Int(truncatingIfNeeded: hash >> 32) & setMask) * Self.ways
    }
}
