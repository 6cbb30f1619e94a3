import StrictJSON
import Testing

/// The grammar of RFC 8259 case by case, after the manner of the known suites: what must be accepted, what must be
/// refused, and for what the RFC leaves open, what is decided here.
@Suite("Exactly what RFC 8259 and the stricter rules allow is accepted")
struct ConformanceTests {
    @Test(
        "Accepted",
        arguments: [
            // Any value may be the text, with white space of four kinds around everything.
            "null", "true", "false", "0", "\"\"", "[]", "{}", " null", "null\n", "\t\r\n [ \t] \r\n", "{ }", "{\n}",
            // Numbers.
            "-0", "1", "-1", "10", "1234567890", "0.0", "-0.5", "0e1", "0E+1", "1e1", "1E-1", "1.5e+10", "20e1",
            "123.456e78",
            "[0,-0]", "1e400", "-1e-400", String(repeating: "9", count: 10_000),
            "0.1e\(String(repeating: "0", count: 500))1",
            // Strings.
            #""a""#, #""\"\\\/\b\f\n\r\t""#, #""\u0000""#, #""\u12aB\uABcd""#, #""\uD834\uDD1E""#, #""\uDBFF\uDFFF""#,
            #""\uFFFF\uFFFE\uFEFF""#, #""\\u0000""#, #""\\\"""#, "\"/ ~!@#'\"", "\"\u{7f}\"",
            "\"é€😀\u{10ffff}\u{2028}\u{2029}\"",
            "\"\u{feff}\"", "\"\u{80}\u{7ff}\u{800}\u{ffff}\u{10000}\"", "\"\u{d7ff}\u{e000}\"",
            // Arrays and objects.
            "[1]", "[1,2,3]", "[ 1 , 2 ]", "[[],{},\"\",0,true,false,null]", "[[[[]]]]", #"{"a":1}"#, #"{"":1}"#,
            #"{"a":{},"b":[]}"#,
            #"{"a":1,"A":1,"a ":1}"#, #"{ "a" : { "a" : { "a" : 1 } } }"#, #"[{"a":1},{"a":1}]"#,
            #"{"a":{"b":1},"b":{"b":1,"a":1}}"#,
            #"{"\u0000":1,"":1}"#, #"{"a\u0062":1,"a":1,"b":1}"#,
        ]
    )
    func accepted(text: String) {
        #expect(refusal(of: text) == nil)
    }

    @Test(
        "Bytes that are not UTF-8 are refused, wherever in the words of the search they fall",
        arguments: [
            [0x80], [0xbf], [0xc0, 0x80], [0xc0, 0xaf], [0xc1, 0xbf], [0xc2], [0xc2, 0x20], [0xc2, 0xc2], [0xdf, 0x7f],
            [0xe0, 0x80, 0x80], [0xe0, 0x9f, 0xbf], [0xe0, 0xa0], [0xe1, 0x80], [0xe1, 0x80, 0x7f], [0xe1, 0x80, 0xc0],
            [0xed, 0xa0, 0x80], [0xed, 0xbf, 0xbf], [0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80], [0xef, 0xbf],
            [0xf0, 0x80, 0x80, 0x80], [0xf0, 0x8f, 0xbf, 0xbf], [0xf0, 0x90, 0x80], [0xf1, 0x80, 0x80, 0x00],
            [0xf4, 0x90, 0x80, 0x80],
            [0xf5, 0x80, 0x80, 0x80], [0xf8, 0x88, 0x80, 0x80, 0x80], [0xfc, 0x84, 0x80, 0x80, 0x80, 0x80], [0xfe],
            [0xff], [0xff, 0xfe],
        ] as [[UInt8]]
    )
    func notUTF8(bytes: [UInt8]) {
        for lead in 0...17 {
            let head = [UInt8(ascii: "\"")] + [UInt8](repeating: UInt8(ascii: "x"), count: lead)
            let expected = JSONError(.invalidUTF8, at: head.count)
            #expect(refusal(of: head + bytes + Array("\"".utf8)) == expected)
            #expect(refusal(of: head + bytes + Array("and some more text\"".utf8)) == expected)
            #expect(refusal(of: head + bytes) == expected)
        }
        #expect(refusal(of: bytes) == JSONError(.unexpectedByte, at: 0))
    }

    @Test("A byte order mark, UTF-16 and UTF-32 are refused")
    func otherEncodings() {
        #expect(refusal(of: [0xef, 0xbb, 0xbf] + Array("{}".utf8)) == JSONError(.unexpectedByte, at: 0))
        #expect(refusal(of: [0xff, 0xfe, 0x7b, 0x00, 0x7d, 0x00]) == JSONError(.unexpectedByte, at: 0))
        #expect(refusal(of: [0x5b, 0x00, 0x5d, 0x00]) == JSONError(.unexpectedByte, at: 1))
        #expect(refusal(of: [0x00, 0x00, 0x00, 0x5b]) == JSONError(.unexpectedByte, at: 0))
    }

    @Test("Each byte that may not stand in a string is found at each place of a word")
    func specialBytes() {
        for byte in UInt8.min...UInt8.max {
            for lead in 0...17 {
                let head = [UInt8(ascii: "\"")] + [UInt8](repeating: UInt8(ascii: "~"), count: lead)
                let found = refusal(of: head + [byte] + Array("~~~~~~~~~~~~~~~~\"".utf8))
                let expected: JSONError? =
                    switch byte {
                    case 0x22: JSONError(.trailingBytes, at: lead + 2)
                    case 0x5c: JSONError(.invalidEscape, at: lead + 1)
                    case ..<0x20: JSONError(.controlByte, at: lead + 1)
                    case 0x80...: JSONError(.invalidUTF8, at: lead + 1)
                    default: nil
                    }
                #expect(found == expected, "byte \(byte) behind \(lead)")
            }
        }
    }

    @Test("A valid text cut short at any byte is refused at its end")
    func truncated() {
        let text = Array(
            #" {"id":"é\u00e9\ud83d\ude00\n","list":[1,-2.5e+3,[],{}],"yes":true,"no":false,"none":null,"deep":{"x":{"y":"z"}}}"#
                .utf8
        )
        #expect(refusal(of: text) == nil)
        for length in 0..<text.count {
            let cut = Array(text[..<length])
            let error = refusal(of: cut)
            #expect(error != nil, "\(length) bytes")
            #expect((error?.offset ?? Int.max) <= length)
        }
    }

    @Test("Every single byte of a valid text, replaced by any other, is read or refused, and never traps")
    func corrupted() {
        let text = Array(#"{"id":"a\u00e9\ud83d\ude00","n":[1,-2.5e3,true,null]}"#.utf8)
        var refusals = 0
        for index in text.indices {
            for byte in UInt8.min...UInt8.max {
                var changed = text
                changed[index] = byte
                guard let error = refusal(of: changed) else { continue }
                refusals += 1
                #expect(error.offset <= changed.count)
            }
        }
        #expect(refusals > text.count * 128)
    }
}
