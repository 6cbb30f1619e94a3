import StrictJSON
import Testing

@Suite("A caller drives the scanner by what it expects")
struct ScannerTests {
    // The expectation macros cannot hold a value that does not escape, so these tests write down what they read.

    @Test("An object is read member by member, in the order of the text, with its white space passed over")
    func object() throws {
        let text = #" { "id" : "a\nb" ,"n":-12,"deep":{"x":[1,[],{}]},"yes":true,"no":false,"none":null} "# + "\r\n\t"
        let bytes = Array(text.utf8)
        var read: [String] = []
        var scanner = JSONScanner(bytes.rawSpan)
        read.append("\(try scanner.peek())")
        try scanner.beginObject()
        while let key = try scanner.nextKey() {
            read.append(scanner.bytes(key).string)
            switch try scanner.peek() {
            case .string:
                let value = try scanner.readString()
                read.append("\(value.hasEscapes), \(value.unescapedLength(in: bytes.rawSpan)) bytes")
            case .number: read.append("\(try scanner.readInteger())")
            case .boolean: read.append("\(try scanner.readBoolean())")
            case .null:
                try scanner.readNull()
                read.append("null")
            case .object, .array:
                try scanner.skipValue()
                read.append("skipped")
            }
        }
        try scanner.finish()
        let offset = scanner.offset
        #expect(offset == bytes.count)
        #expect(
            read == [
                "object", "id", "true, 3 bytes", "n", "-12", "deep", "skipped", "yes", "true", "no", "false", "none",
                "null",
            ]
        )
    }

    @Test("An array is read element by element, another one inside it too")
    func array() throws {
        let bytes = Array(#"["a", [ ], "b"]"#.utf8)
        var read: [String] = []
        var scanner = JSONScanner(bytes.rawSpan)
        try scanner.beginArray()
        while try scanner.nextElement() {
            if try scanner.peek() == .string {
                read.append(scanner.bytes(try scanner.readString()).string)
            } else {
                try scanner.beginArray()
                read.append("\(try scanner.nextElement())")
            }
        }
        try scanner.finish()
        #expect(read == ["a", "false", "b"])
    }

    @Test(
        "A string is compared with what it means, not with how it is spelled",
        arguments: [
            (#""id""#, "id", true), (#""\u0069d""#, "id", true), (#""id""#, "i", false), (#""id""#, "idx", false),
            (#""\u0069d""#, "i", false), (#""\u0069d""#, "idx", false), (#""\u0069D""#, "id", false),
            (#""""#, "", true),
            (#""\ud83d\ude00""#, "😀", true), (#""\\u0069d""#, "id", false),
        ]
    )
    func matching(text: String, key: String, expected: Bool) throws {
        let bytes = Array(text.utf8)
        let keyBytes = Array(key.utf8)
        var scanner = JSONScanner(bytes.rawSpan)
        let string = try scanner.readString()
        let isMatch = scanner.matches(string, keyBytes.rawSpan)
        #expect(isMatch == expected)
    }

    @Test("A value of another kind than the one asked for is refused where it begins")
    func kind() {
        #expect(throws: JSONError(.unexpectedKind, at: 0)) { try integer("\"1\"") }
        #expect(throws: JSONError(.unexpectedKind, at: 1)) { try string(" 1") }
    }

    @Test(
        "Escapes are resolved to UTF-8",
        arguments: [
            (#""""#, ""), (#""\u0000""#, "\0"), (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{c}\n\r\t"),
            (#""\u00e9\u20AC\ud83D\uDe00x""#, "é€😀x"), (#""é€😀""#, "é€😀"), (#""access\u005ftoken""#, "access_token"),
            (#""\uD800\uDC00\uDBFF\uDFFF""#, "\u{10000}\u{10FFFF}"), (#""\uFFFF\uFFFE""#, "\u{FFFF}\u{FFFE}"),
        ]
    )
    func escapes(text: String, expected: String) throws {
        #expect(try string(text) == expected)
    }

    @Test(
        "Integers are read over the whole range of 64 bits",
        arguments: [
            ("0", 0), ("-0", 0), ("7", 7), ("1516239022", 1_516_239_022), ("9223372036854775807", Int64.max),
            ("-9223372036854775808", Int64.min),
        ]
    )
    func integers(text: String, expected: Int64) throws {
        #expect(try integer(text) == expected)
    }

    @Test(
        "A number that is no 64-bit integer is well-formed JSON and no integer",
        arguments: [
            "1.0", "1e3", "1E+3", "-0.5", "9223372036854775808", "-9223372036854775809", "100000000000000000000",
            "1e400",
        ]
    )
    func notIntegers(text: String) {
        #expect(refusal(of: text) == nil)
        #expect(throws: JSONError(.notAnInteger, at: 0)) { try integer(text) }
    }
}
