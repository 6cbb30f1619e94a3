internal import Blacklist
internal import StrictJSON

/// A loop's private memory of tokens whose signature and issuer were found good, with the reply ready-made.
///
/// Promises. A hit means that the very bytes presented were verified by this loop: the whole token is compared, the hash
/// only finds the place. What can change is not remembered: expiry and revocation are asked at every hit.
/// Flooding cannot grow it, and only tokens with a good signature get in, so garbage cannot push anything out.
///
/// Layout. `sets` sets of `ways` entries; a set is chosen by a keyed hash of the token's last bytes, which are signature
/// and so look random, and all of a set's hashes lie side by side. Token and reply bytes lie in one slab, a fixed slot
/// an entry; what does not fit into a slot is not remembered.
///
/// Threads: one. Cost: one hash of 32 bytes, `ways` compares of eight bytes, one compare of the token.
struct VerifiedTokenCache: ~Copyable {
    static let sets = 2_048
    static let ways = 4
    static let maxTokenBytes = 768
    static let maxReplyBytes = 512
    /// Bytes of the token's end that are hashed.
    private static let hashedBytes = 32
    private static let slotBytes = maxTokenBytes + maxReplyBytes

    struct Entry {
        var expiresAt: Int64 = 0
        var id: UUIDv7
        var family: UUIDv7
        fileprivate var tokenBytes: Int
        fileprivate var replyBytes: Int
        fileprivate var slot: Int
    }

    private let seed: UInt64
    /// 0 marks an empty place; a hash that happens to be 0 is stored as 1.
    private var hashes: [UInt64]
    private var entries: [Entry?]
    private var nextVictim: [UInt8]
    private var slab: [UInt8]

    /// - Parameter seed: a secret of this process, so that nobody can choose tokens that share a set.
    init(seed: UInt64) {
        self.seed = seed
        hashes = Array(repeating: 0, count: Self.sets * Self.ways)
        entries = Array(repeating: nil, count: Self.sets * Self.ways)
        nextVictim = Array(repeating: 0, count: Self.sets)
        slab = Array(repeating: 0, count: Self.sets * Self.ways * Self.slotBytes)
    }

    /// The entry of exactly this token, or nil.
    func lookup(_ token: RawSpan) -> Entry? {
        guard token.byteCount <= Self.maxTokenBytes, token.byteCount >= Self.hashedBytes else { return nil }
        let hash = hash(of: token)
        let first = Self.firstWay(of: hash)
        for index in first..<first + Self.ways where hashes[index] == hash {
            guard let entry = entries[index], entry.tokenBytes == token.byteCount else { continue }
            let stored = slab.rawSpan.extracting(entry.slot..<entry.slot + entry.tokenBytes)
            if stored.equals(token) { return entry }
        }
        return nil
    }

    /// The ready-made reply of an entry that `lookup` has just returned.
    @_lifetime(borrow self)
    func reply(of entry: Entry) -> RawSpan {
        let start = entry.slot + Self.maxTokenBytes
        return slab.rawSpan.extracting(start..<start + entry.replyBytes)
    }

    /// Remembers a token that was just verified; the oldest of its set makes room.
    mutating func insert(_ token: RawSpan, reply: RawSpan, expiresAt: Int64, id: UUIDv7, family: UUIDv7) {
        guard token.byteCount <= Self.maxTokenBytes, token.byteCount >= Self.hashedBytes,
            reply.byteCount <= Self.maxReplyBytes
        else { return }
        let hash = hash(of: token)
        let first = Self.firstWay(of: hash)
        let set = first / Self.ways
        let index = first + Int(nextVictim[set])
        nextVictim[set] = (nextVictim[set] + 1) % UInt8(Self.ways)
        let slot = index * Self.slotBytes
        slab.overwrite(at: slot, with: token)
        slab.overwrite(at: slot + Self.maxTokenBytes, with: reply)
        hashes[index] = hash
        entries[index] = Entry(
            expiresAt: expiresAt, id: id, family: family, tokenBytes: token.byteCount, replyBytes: reply.byteCount,
            slot: slot)
    }

    private func hash(of token: RawSpan) -> UInt64 {
        let tail = token.extracting(token.byteCount - Self.hashedBytes..<token.byteCount)
        return max(tail.hash(seed: seed), 1)
    }

    private static func firstWay(of hash: UInt64) -> Int {
        Int(truncatingIfNeeded: hash >> 32) & (sets - 1) * ways
    }
}

extension [UInt8] {
    /// Copies over what is there; the array does not grow.
    mutating func overwrite(at offset: Int, with bytes: RawSpan) {
        for index in 0..<bytes.byteCount { self[offset + index] = bytes[index] }
    }
}
