/// Where an id lies: in which segment and slot, and which bits of the filter are its.
///
/// The 62 random bits of the id's second word, multiplied by a secret odd number: one instruction. The product's low
/// word gives the place, by its top bits (multiply-shift, Dietzfelbinger et al. 1997), its high word the bits of the
/// filter. What is promised of two ids, over the choice of the secret:
/// - segment, the n top bits: alike with a chance of at most 4/2ⁿ. (2/2ⁿ over all odd numbers; those with the top bit set
///   are half of them.)
/// - slot, the n bits below `segmentBits`: they are the top bits of the low 44 bits' product, which the secret's top bit
///   has no part in; at most 2/2ⁿ when the ids differ in their low 44 bits. Two that agree there, a pair in 2⁴⁴, have
///   the same slot under every secret.
///
/// Why secret, when the ids come from a secure generator and nobody can choose one? Because a caller can *discard*: he
/// asks for tokens until enough of them have ids close to each other, and revokes those. Without the secret, some
/// 160,000 tokens are enough to lay 10,000 ids into a sixteenth of a table, as one run that every lookup near it would
/// have to walk through. With it, he cannot tell which ids are close. The first word is left out: it is mostly time,
/// and ids that agree in the second word meet once in 2⁶² pairs. Exactness never depends on any of this.
@usableFromInline
struct IDHash {
    /// The top bits choose; see `segmentBits` for which choose what.
    @usableFromInline let placement: UInt64
    /// The low 39 bits are used.
    @usableFromInline let pattern: UInt64

    /// The top bits of the placement that choose the segment; the slot within it is chosen by those below.
    @usableFromInline static let segmentBits: UInt64 = 20

    @inlinable @inline(__always)
    init(_ id: UUIDv7, secret: UInt64) {
        let product = id.low.multipliedFullWidth(by: secret)
        placement = product.low
        pattern = product.high
    }

    /// What the slot is the top bits of.
    @inlinable @inline(__always)
    var slotPlacement: UInt64 { placement &<< Self.segmentBits }

    /// Odd, so that no two ids fall together for want of a bit; with the top bit set, so that the high word is as
    /// random as the ids are.
    static func randomSecret() -> UInt64 {
        .random(in: .min ... .max) | 1 << 63 | 1
    }
}
