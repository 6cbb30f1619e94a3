import Blacklist
import StrictJSON
import Testing
@testable import TokenOperations

@Suite("The text form of ids")
struct IdentifierTextTests {
    /// Every digit stands in every group.
    private let text = "01234567-89ab-7cde-bf01-23456789abcd"

    private func read(_ text: [UInt8]) -> UUIDv7? { UUIDv7(text: text.rawSpan) }

    @Test("What is written is read back, and is the number that it spells")
    func roundTrip() throws {
        let id = try #require(read(Array(text.utf8)))
        #expect(id.high == 0x0123_4567_89ab_7cde)
        #expect(id.low == 0xbf01_2345_6789_abcd)
        #expect(id.text == text)
        for _ in 0..<1_000 {
            let id = try #require(
                UUIDv7(
                    high: .random(in: 0...(.max)) & ~0xf000 | 0x7000,
                    low: .random(in: 0...(.max)) & ~(0b11 << 62) | 0b10 << 62))
            #expect(read(Array(id.text.utf8)) == id)
        }
    }

    @Test("Any other byte in any place is refused: one id has one spelling")
    func otherBytes() {
        let bytes = Array(text.utf8)
        for place in bytes.indices {
            for byte in UInt8.min...UInt8.max where byte != bytes[place] {
                var other = bytes
                other[place] = byte
                let isDigit = (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                    || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
                guard let id = read(other) else {
                    // Version and variant have to be right as well.
                    #expect(!isDigit || [8, 13, 14, 18, 19, 23].contains(place), "\(byte) at \(place)")
                    continue
                }
                #expect(isDigit && id.text.utf8.elementsEqual(other), "\(byte) at \(place)")
            }
        }
        #expect(read(Array(bytes.dropLast())) == nil)
        #expect(read(bytes + [UInt8(ascii: "0")]) == nil)
    }
}
