import StrictJSON
import Testing

@Suite("What is written is read back as it was")
struct WritingTests {
    @Test("Every byte that needs an escape gets one, and nothing else does")
    func strings() throws {
        for scalar in (0...0x2ff).compactMap(Unicode.Scalar.init) {
            let original = "before the \(Character(scalar)) and a good deal behind it"
            let utf8 = Array(original.utf8)
            var written: [UInt8] = []
            written.appendJSONString(utf8.rawSpan)
            #expect(try string(String(decoding: written, as: UTF8.self)) == original)
            let isEscaped = scalar.value < 0x20 || scalar == "\"" || scalar == "\\"
            #expect(written.contains(UInt8(ascii: "\\")) == isEscaped, "U+\(scalar.value)")
        }
    }

    @Test("The short escapes are used where RFC 8259 has them")
    func shortEscapes() {
        var written: [UInt8] = []
        written.appendJSONString(("\"\\\u{8}\t\n\u{c}\r\u{1}\u{1f}" as StaticString).rawSpan)
        #expect(String(decoding: written, as: UTF8.self) == #""\"\\\b\t\n\f\r\u0001\u001f""#)
    }

    @Test(
        "Integers are written in decimal over their whole range",
        arguments: [0, 7, 10, 99, 100, -1, 1_516_239_022, Int64.max, Int64.min]
    )
    func decimals(value: Int64) {
        var written: [UInt8] = []
        written.appendDecimal(value)
        #expect(String(decoding: written, as: UTF8.self) == String(value))
    }

    @Test("The largest unsigned integer is written whole")
    func largest() {
        var written: [UInt8] = []
        written.appendDecimal(UInt64.max)
        #expect(String(decoding: written, as: UTF8.self) == "18446744073709551615")
    }
}
