internal import StrictJSON

extension JSONScanner {
    /// Where the value of a member lies in the text, between its key and the next member. The text must have been read
    /// to its end without an error: the walk relies on it being JSON.
    static func valueRange(afterKey key: Range<Int>, in text: RawSpan) -> Range<Int>? {
        // Behind the key come its closing quote, a colon, and white space anywhere.
        var start = key.upperBound + 1
        while start < text.byteCount, text[start] == UInt8(ascii: ":") || text[start] <= UInt8(ascii: " ") { start += 1 }
        var end = start
        var depth = 0
        var isInString = false
        walk: while end < text.byteCount {
            switch text[end] {
            case UInt8(ascii: "\\") where isInString: end += 1
            case UInt8(ascii: "\""): isInString.toggle()
            case _ where isInString: break
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}") where depth == 0, UInt8(ascii: "]") where depth == 0, UInt8(ascii: ",") where depth == 0:
                break walk
            case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
            default: break
            }
            end += 1
        }
        guard end <= text.byteCount else { return nil }
        while end > start, text[end - 1] <= UInt8(ascii: " ") { end -= 1 }
        guard start < end else { return nil }
        return start..<end
    }
}
