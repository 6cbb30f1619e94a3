import Blacklist
import TestSupport
import Testing

@Suite("UUIDv7")
struct UUIDv7Tests {
    @Test("Layout is that of RFC 9562, section 5.7, and the time can be read back")
    func layout() throws {
        struct Ones: RandomNumberGenerator { mutating func next() -> UInt64 { .max } }
        var ones = Ones()
        let id = UUIDv7(unixMilliseconds: 0x0123_4567_89ab, using: &ones)
        #expect(id.high == 0x0123_4567_89ab_7fff)
        #expect(id.low == 0xbfff_ffff_ffff_ffff)
        #expect(id.unixMilliseconds == 0x0123_4567_89ab)
    }

    @Test("Another version or variant is refused")
    func refusesOthers() {
        #expect(UUIDv7(high: 0x0123_4567_89ab_4fff, low: 0x8000_0000_0000_0000) == nil)
        #expect(UUIDv7(high: 0x0123_4567_89ab_7fff, low: 0x4000_0000_0000_0000) == nil)
        #expect(UUIDv7(high: 0x0123_4567_89ab_7fff, low: 0x8000_0000_0000_0000) != nil)
    }

    @Test("A clock before 1970 or beyond 48 bits gives an id, not a trap")
    func clamps() {
        var random = SeededGenerator(seed: 1)
        #expect(UUIDv7(unixMilliseconds: -5, using: &random).unixMilliseconds == 0)
        #expect(UUIDv7(unixMilliseconds: .max, using: &random).unixMilliseconds == UUIDv7.lastMillisecond)
    }
}
