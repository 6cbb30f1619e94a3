/// A UUID of version 7 (RFC 9562, section 5.7): 48 bits of creation time in Unix milliseconds, then 74 random bits.
///
/// It names a token (`jti`) or a family (`sid`). The creation time inside is what lets the blacklist be cut by age:
/// an id tells, without being looked up anywhere, in which slice of time its revocation would have to lie.
@usableFromInline
package struct UUIDv7: Hashable, Sendable {
    /// The first eight bytes in network order: `unix_ts_ms` (48), version (4), `rand_a` (12).
    @usableFromInline package let high: UInt64
    /// The last eight bytes in network order: variant (2), `rand_b` (62).
    @usableFromInline package let low: UInt64

    private static let version: UInt64 = 0x7000
    private static let versionMask: UInt64 = 0xf000
    private static let variant: UInt64 = 0x8000_0000_0000_0000
    private static let variantMask: UInt64 = 0xc000_0000_0000_0000

    /// The last millisecond that the 48 bits of `unix_ts_ms` can hold (in the year 10889).
    package static let lastMillisecond: Int64 = 0xffff_ffff_ffff

    /// Makes a fresh id. A time before 1970 or after the year 10889 is clamped: it can only come from a broken clock,
    /// and a clamped id is still unique, where a trap would stop the service.
    package init(unixMilliseconds: Int64, using random: inout some RandomNumberGenerator) {
        let time = UInt64(min(max(unixMilliseconds, 0), Self.lastMillisecond))
        high = time << 16 | Self.version | random.next() & 0x0fff
        low = Self.variant | random.next() & ~Self.variantMask
    }

    /// Takes the sixteen bytes as they are; nil unless version and variant are those of a UUIDv7.
    package init?(high: UInt64, low: UInt64) {
        guard high & Self.versionMask == Self.version, low & Self.variantMask == Self.variant else { return nil }
        self.high = high
        self.low = low
    }

    /// Takes back what was an id when it was stored.
    init(storedHigh high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// When the id was made, in Unix milliseconds.
    package var unixMilliseconds: Int64 { Int64(high >> 16) }
}
