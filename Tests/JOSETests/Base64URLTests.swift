import JOSE
import StrictJSON
import TestSupport
import Testing

@Suite("base64url is canonical: every byte sequence has one text, and no other text is taken")
struct Base64URLTests {
    /// RFC 4648 section 5 in the plainest way: a row of bits, cut into sixes.
    static func model(_ bytes: [UInt8]) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
        var bits = bytes.flatMap { byte in (0..<8).map { byte >> (7 - $0) & 1 } }
        while bits.count % 6 != 0 { bits.append(0) }
        return String(
            stride(from: 0, to: bits.count, by: 6).map { start in
                alphabet[bits[start..<start + 6].reduce(0) { $0 * 2 + Int($1) }]
            })
    }

    @Test("every byte sequence of up to two bytes, and every text of up to three characters, against a plain model")
    func exhaustive() {
        var texts: [[UInt8]: [UInt8]] = [[]: []]
        for first in UInt8.min...UInt8.max {
            texts[bytes(Self.model([first]))] = [first]
            for second in UInt8.min...UInt8.max { texts[bytes(Self.model([first, second]))] = [first, second] }
        }
        #expect(texts.count == 1 + 256 + 65_536)
        #expect(texts.allSatisfy { bytes(encoded($0.value)) == $0.key })

        // All characters for one and two; for three, the alphabet and what is closest to it.
        var wrong = 0
        func check(_ characters: [UInt8]) {
            if (try? decoded(characters)) != texts[characters] { wrong += 1 }
        }
        for first in UInt8.min...UInt8.max {
            check([first])
            for second in UInt8.min...UInt8.max { check([first, second]) }
        }
        let characters =
            bytes("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/= \n.\0") + [0x80, 0xFF]
        for first in characters {
            for second in characters {
                for third in characters { check([first, second, third]) }
            }
        }
        #expect(wrong == 0)
    }

    @Test("longer sequences come back, and one foreign or spare bit anywhere in their text is refused")
    func longer() throws {
        var generator = SeededGenerator(seed: 7)
        for length in 3...64 {
            let original = (0..<length).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
            let text = encoded(original)
            #expect(text == Self.model(original))
            #expect(try decoded(text) == original)
            #expect(text.utf8.count == Base64URL.encodedLength(length))
            #expect(Base64URL.decodedLength(text.utf8.count) == length)
            for index in text.utf8.indices {
                for foreign in ["+", "/", "=", "\n", "é"] {
                    var changed = text
                    changed.replaceSubrange(index..<text.utf8.index(after: index), with: foreign)
                    #expect(throws: NotBase64URL.self) { try decoded(changed) }
                }
            }
            for padding in ["=", "==", "A===", "\n"] {
                #expect(throws: NotBase64URL.self) { try decoded(text + padding) }
            }
        }
    }

    /// A byte and a place at a time, by a table: how decoding was done before it went by vectors.
    static func table(_ text: [UInt8]) -> [UInt8]? {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
        var values = [UInt32?](repeating: nil, count: 256)
        for (value, character) in alphabet.enumerated() { values[Int(character)] = UInt32(value) }
        var (bits, count, bytes): (UInt32, Int, [UInt8]) = (0, 0, [])
        for character in text {
            guard let value = values[Int(character)] else { return nil }
            (bits, count) = (bits << 6 | value, count + 6)
            guard count >= 8 else { continue }
            count -= 8
            bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
            bits &= 1 << UInt32(count) - 1
        }
        return count == 6 || bits != 0 ? nil : bytes
    }

    @Test("every byte at every place of texts of up to 34 characters is taken as the table takes it")
    func everyByteEverywhere() {
        var generator = SeededGenerator(seed: 11)
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
        var (wrong, taken, refused) = (0, 0, 0)
        for length in 1...34 {
            for place in 0..<length {
                var text = (0..<length).map { _ in alphabet.randomElement(using: &generator) ?? 0 }
                for byte in UInt8.min...UInt8.max {
                    text[place] = byte
                    let expected = Self.table(text)
                    if (try? decoded(text)) != expected { wrong += 1 }
                    if expected == nil { refused += 1 } else { taken += 1 }
                }
            }
        }
        #expect(wrong == 0)
        #expect(taken > 10_000 && refused > 50_000)
    }

    @Test("a refused text leaves the bytes that were there")
    func refusalAppendsNothing() {
        var output: [UInt8] = [1, 2, 3]
        let text = bytes("AAAAAAAAA+")
        let accepted = Base64URL.decode(text.rawSpan, into: &output)
        #expect(!accepted)
        #expect(output == [1, 2, 3])
    }
}
