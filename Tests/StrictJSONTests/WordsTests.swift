import StrictJSON
import TestSupport
import Testing

@Suite("Bytes in spans")
struct WordsTests {
    @Test("A word is eight bytes from any offset, the first one lowest")
    func words() {
        let bytes: [UInt8] = Array(0..<16)
        let word = bytes.rawSpan.word(at: 3)
        #expect(word == 0x0a09_0807_0605_0403)
        let last = bytes.rawSpan[15]
        #expect(last == 15)
    }

    private func equal(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        left.rawSpan.equals(right.rawSpan)
    }

    @Test("Two spans are equal when length and every byte are")
    func equality() {
        let bytes = Array("0123456789abcdef".utf8)
        #expect(equal(bytes, Array("0123456789abcdef".utf8)))
        #expect(!equal(bytes, bytes.dropLast()))
        #expect(equal([], []))
        for index in bytes.indices {
            var changed = bytes
            changed[index] ^= 1
            #expect(!equal(bytes, changed))
        }
    }

    private func hash(_ bytes: [UInt8], seed: UInt64) -> UInt64 {
        bytes.rawSpan.hash(seed: seed)
    }

    @Test("Every bit of the content, its length and the seed change the hash, and about half of its bits with them")
    func hashing() {
        var random = SeededGenerator(seed: 42)
        for length in 0...40 {
            let bytes = (0..<length).map { _ in UInt8.random(in: 0...255, using: &random) }
            let original = hash(bytes, seed: 1)
            #expect(original == hash(bytes, seed: 1))
            #expect(original != hash(bytes, seed: 2))
            #expect(original != hash(bytes + [0], seed: 1))
            for bit in 0..<length * 8 {
                var changed = bytes
                changed[bit / 8] ^= 1 << UInt8(bit % 8)
                let difference = (original ^ hash(changed, seed: 1)).nonzeroBitCount
                #expect((8...56).contains(difference), "length \(length), bit \(bit): \(difference) bits differ")
            }
        }
    }

    @Test("Appending keeps what was there")
    func append() {
        var bytes: [UInt8] = []
        bytes.append("literal ")
        bytes.append(("span " as StaticString).rawSpan)
        bytes.append(utf8: "téxt")
        let text = bytes.rawSpan.string
        #expect(text == "literal span téxt")
    }
}
