import StrictJSON
import Testing

/// Texts that are not JSON, with the reason and the offset that their refusal gives.
@Suite("What is not JSON is refused where it stops being JSON")
struct MalformedTests {
    @Test(
        "Refused, and where",
        arguments: [
            // Nothing, or too much.
            ("", JSONError.Reason.unexpectedEnd, 0), (" \n", .unexpectedEnd, 2), ("null null", .trailingBytes, 5),
            ("1,", .trailingBytes, 1),
            ("{}}", .trailingBytes, 2), ("[]]", .trailingBytes, 2), ("\"\"\"", .trailingBytes, 2),
            ("{} //", .trailingBytes, 3),
            ("{}\0", .trailingBytes, 2), ("\0", .unexpectedByte, 0), ("1\u{a0}", .trailingBytes, 1),
            ("0x10", .trailingBytes, 1),
            // White space that is none, and byte order marks.
            ("\u{feff}{}", .unexpectedByte, 0), ("\u{c}[]", .unexpectedByte, 0), ("\u{b}1", .unexpectedByte, 0),
            ("\u{85}1", .unexpectedByte, 0), ("\u{a0}1", .unexpectedByte, 0), ("\u{2060}1", .unexpectedByte, 0),
            ("[\u{c}]", .unexpectedByte, 1),
            // Literals.
            ("nul", .unexpectedEnd, 3), ("nulL", .unexpectedByte, 3), ("True", .unexpectedByte, 0),
            ("tru", .unexpectedEnd, 3),
            ("fals3", .unexpectedByte, 4), ("truefalse", .trailingBytes, 4), ("NaN", .unexpectedByte, 0),
            ("Infinity", .unexpectedByte, 0),
            ("-Infinity", .invalidNumber, 0), ("undefined", .unexpectedByte, 0), ("nan", .unexpectedByte, 1),
            // Numbers.
            ("-", .unexpectedEnd, 1), ("+1", .unexpectedByte, 0), (".5", .unexpectedByte, 0), ("00", .invalidNumber, 0),
            ("01", .invalidNumber, 0),
            ("-01", .invalidNumber, 0), ("1.", .unexpectedEnd, 2), ("1.e1", .invalidNumber, 0),
            ("[1.]", .invalidNumber, 1), ("-.5", .invalidNumber, 0),
            ("1e", .unexpectedEnd, 2), ("1e+", .unexpectedEnd, 3), ("[1e]", .invalidNumber, 1),
            ("[1e+]", .invalidNumber, 1), ("1e1.5", .trailingBytes, 3),
            ("1.2.3", .trailingBytes, 3), ("--1", .invalidNumber, 0), ("1_000", .trailingBytes, 1),
            ("1a", .trailingBytes, 1), ("- 1", .invalidNumber, 0),
            ("[1 000]", .unexpectedByte, 3), ("0e", .unexpectedEnd, 2), ("１", .unexpectedByte, 0),
            // Strings.
            ("\"", .unexpectedEnd, 1), ("\"a", .unexpectedEnd, 2), ("'a'", .unexpectedByte, 0),
            ("a", .unexpectedByte, 0), ("\"\\\"", .unexpectedEnd, 3),
            ("\"\\", .unexpectedEnd, 2), ("\"\n\"", .controlByte, 1), ("\"\t\"", .controlByte, 1),
            ("\"\0\"", .controlByte, 1), ("\"a\u{1f}\"", .controlByte, 2),
            (#""\a""#, .invalidEscape, 1), (#""\x41""#, .invalidEscape, 1), (#""\'""#, .invalidEscape, 1),
            (#""\U0041""#, .invalidEscape, 1),
            (#""\u""#, .invalidEscape, 1), (#""\u004""#, .invalidEscape, 1), (#""\u004g""#, .invalidEscape, 1),
            (#""\u+041""#, .invalidEscape, 1),
            (#""\u 041""#, .invalidEscape, 1), ("\"\\é\"", .invalidEscape, 1), ("\"\\\n\"", .invalidEscape, 1),
            ("\"\\u00é\"", .invalidEscape, 1),
            (#""\uD800""#, .loneSurrogate, 1), (#""\uDFFF""#, .loneSurrogate, 1), (#""a\uD800b""#, .loneSurrogate, 2),
            (#""\uD800\uD800""#, .loneSurrogate, 1),
            (#""\uD800\n""#, .loneSurrogate, 1), (#""\uD800\u0041""#, .loneSurrogate, 1),
            (#""\uDC00\uD800""#, .loneSurrogate, 1), (#""\uD834\uDD1""#, .loneSurrogate, 1),
            (#""\uD834\\uDD1E""#, .loneSurrogate, 1), (#""\uD834 \uDD1E""#, .loneSurrogate, 1),
            (#""\uD834uDD1E""#, .loneSurrogate, 1),
            // Arrays.
            ("[", .unexpectedEnd, 1), ("]", .unexpectedByte, 0), ("[1", .unexpectedEnd, 2), ("[1,", .unexpectedEnd, 3),
            ("[1,]", .unexpectedByte, 3),
            ("[,1]", .unexpectedByte, 1), ("[1,,2]", .unexpectedByte, 3), ("[1 2]", .unexpectedByte, 3),
            ("[1}", .unexpectedByte, 2), ("[,]", .unexpectedByte, 1),
            ("[\"a\":1]", .unexpectedByte, 4), ("[[]", .unexpectedEnd, 3), ("[1;2]", .unexpectedByte, 2),
            ("[*]", .unexpectedByte, 1),
            // Objects.
            ("{", .unexpectedEnd, 1), ("}", .unexpectedByte, 0), ("{,}", .unexpectedByte, 1),
            (#"{"a"}"#, .unexpectedByte, 4), (#"{"a":}"#, .unexpectedByte, 5),
            (#"{"a":1,}"#, .unexpectedByte, 7), (#"{"a":1,,"b":2}"#, .unexpectedByte, 7),
            (#"{,"a":1}"#, .unexpectedByte, 1), (#"{"a" 1}"#, .unexpectedByte, 5),
            (#"{"a"::1}"#, .unexpectedByte, 5), (#"{"a":1 "b":2}"#, .unexpectedByte, 7),
            (#"{a:1}"#, .unexpectedByte, 1), (#"{1:1}"#, .unexpectedByte, 1),
            (#"{'a':1}"#, .unexpectedByte, 1), (#"{null:1}"#, .unexpectedByte, 1), (#"{"a":1]"#, .unexpectedByte, 6),
            (#"{"a""#, .unexpectedEnd, 4),
            (#"{"a":"#, .unexpectedEnd, 5), (#"{"a":1"#, .unexpectedEnd, 6), (#"{"a":1,"#, .unexpectedEnd, 7),
            (#"{"a":1}{"a":1}"#, .trailingBytes, 7),
            (#"{"a":1/**/}"#, .unexpectedByte, 6), (#"{[1]:1}"#, .unexpectedByte, 1),
            (#"{"a","b"}"#, .unexpectedByte, 4),
            // Duplicate keys, compared for what they mean.
            (#"{"a":1,"a":1}"#, .duplicateKey, 7), (#"{"a":1,"b":2,"a":3}"#, .duplicateKey, 13),
            (#"{"a":1,"\u0061":1}"#, .duplicateKey, 7),
            (#"{"\u0061":1,"a":1}"#, .duplicateKey, 12), (#"{"\u0061":1,"\u0061":1}"#, .duplicateKey, 12),
            (#"{"":1,"":1}"#, .duplicateKey, 6),
            ("{\"é\":1,\"\\u00e9\":1}", .duplicateKey, 8), ("{\"😀\":1,\"\\ud83d\\ude00\":1}", .duplicateKey, 10),
            (#"{"/":1,"\/":1}"#, .duplicateKey, 7),
            (#"{"x":{"a":1,"a":1}}"#, .duplicateKey, 12), (#"{"a":{"b":{"c":1}},"a":1}"#, .duplicateKey, 19),
            (#"[{"a":1},{"a":1,"a":1}]"#, .duplicateKey, 16),
            ("{\"a\":1 ,\n \"a\" :1}", .duplicateKey, 10), (#"{"\u000a":1,"\n":1}"#, .duplicateKey, 12),
        ]
    )
    func refused(text: String, reason: JSONError.Reason, offset: Int) {
        #expect(refusal(of: text) == JSONError(reason, at: offset))
    }
}
