import StrictJSON

// Decoding by vectors of sixteen characters, in additions, shifts and bit operations alone: those this compiler turns into
// one instruction each, and SIMD comparisons into loops. SSE2, which every x86-64 has, suffices.

extension Base64URL {
    /// Words are written whole, whatever of them counts: so many bytes more must fit.
    static let spareBytes = 8

    /// Appends the bytes of `text`. False when it is not canonical; what was appended is worth nothing then. A length of
    /// 4n+1 has been refused before.
    static func decode(_ text: RawSpan, into output: inout OutputSpan<UInt8>) -> Bool {
        var foreign = SIMD16<UInt8>()
        var index = 0
        while index &+ 16 <= text.byteCount {
            let words = bytes(of: sextets(of: text.sixteen(at: index), &foreign))
            output.append(firstBytes: 6, of: words[0])
            output.append(firstBytes: 6, of: words[1])
            index &+= 16
        }
        // What the last characters, filled up with zeros, give beyond their bytes are the bits that no byte needs.
        let words = bytes(of: sextets(of: rest(of: text, from: index), &foreign))
        let count = decodedLength(text.byteCount - index)
        let (first, second) = (min(count, 6), max(count - 6, 0))
        output.append(firstBytes: first, of: words[0])
        output.append(firstBytes: second, of: words[1])
        let spareBits = words[0] >> UInt64(8 * first) | words[1] >> UInt64(8 * second)
        let marks = foreign.lanes64
        return spareBits == 0 && (marks[0] | marks[1]) & 0x8080_8080_8080_8080 == 0
    }

    /// The characters from `index` on, at most fifteen, and behind them as many `A`, which mean zero.
    @inline(__always)
    private static func rest(of text: RawSpan, from index: Int) -> SIMD16<UInt8> {
        let count = text.byteCount - index
        let (first, second) = (min(count, 8), max(count - 8, 0))
        return SIMD2(
            filled(text, from: index, first), filled(text, from: index + first, second)
        ).lanes8
    }

    /// A word of so many characters and then `A`.
    @inline(__always)
    private static func filled(_ text: RawSpan, from index: Int, _ count: Int) -> UInt64 {
        let bits = UInt64(8 * count)
        let end = index + count
        let zeros: UInt64 = 0x4141_4141_4141_4141
        if end >= 8 { return text.word(at: end - 8) >> (64 - bits) | zeros << bits }
        var word: UInt64 = 0
        for offset in 0..<count { word |= UInt64(text[index + offset]) << UInt64(8 * offset) }
        return word | zeros << bits
    }

    /// The six bits of each character. Where it is none of the alphabet's, that byte of `foreign` gets its top bit.
    ///
    /// For a byte below 128, `c + (128 - n)` has its top bit exactly when `c >= n`; two of them tell a range by XOR, and
    /// `c ^ n + 127` lacks it exactly when `c == n`. Bytes from 128 on are foreign by themselves.
    @inline(__always)
    private static func sextets(of c: SIMD16<UInt8>, _ foreign: inout SIMD16<UInt8>) -> SIMD16<UInt8> {
        let folded = c | all(0x20)
        let isLetter = (folded &+ all(128 - 0x61)) ^ (folded &+ all(128 - 0x7B))
        let isDigit = (c &+ all(128 - 0x30)) ^ (c &+ all(128 - 0x3A))
        let isDash = ~((c ^ all(0x2D)) &+ all(127))
        let isUnderscore = ~((c ^ all(0x5F)) &+ all(127))
        foreign |= c | ~(isLetter | isDigit | isDash | isUnderscore)
        // A is 65 and means 0; a is 97 and means 26; 0 is 48 and means 52; - is 45 and means 62; _ is 95 and means 63.
        let isSmall = c &+ all(128 - 0x61)
        let letter = mask(isLetter) & (all(65) &+ (mask(isSmall) & all(6)))
        let up = (mask(isDigit) & all(4)) | (mask(isDash) & all(17))
        return c &- letter &+ up &- (mask(isUnderscore) & all(32))
    }

    /// Four groups of four sextets as two words, each with six bytes in the order of the text.
    @inline(__always)
    private static func bytes(of sextets: SIMD16<UInt8>) -> SIMD2<UInt64> {
        let pairs = sextets.lanes16
        let twelves = (pairs & SIMD8(repeating: 63)) &<< SIMD8(repeating: 6) | pairs &>> SIMD8(repeating: 8)
        let halves = twelves.lanes32
        let groups = (halves & SIMD4(repeating: 4095)) &<< SIMD4(repeating: 12) | halves &>> SIMD4(repeating: 16)
        let words = groups.lanes64
        return SIMD2(inOrder(words[0]), inOrder(words[1]))
    }

    /// The lower half's 24 bits before the upper half's, the highest byte first in memory.
    @inline(__always)
    private static func inOrder(_ groups: UInt64) -> UInt64 {
        (groups << 40 | (groups >> 32) << 16).byteSwapped
    }

    @inline(__always)
    private static func all(_ byte: UInt8) -> SIMD16<UInt8> { SIMD16(repeating: byte) }

    /// All bits of the bytes that have their top bit; `pcmpgtb`, once compiled.
    @inline(__always)
    private static func mask(_ marks: SIMD16<UInt8>) -> SIMD16<UInt8> {
        SIMD16() &- marks &>> all(7)
    }
}
