internal import StrictJSON

extension StreamConfiguration {
    /// Replaces one number in the text and leaves every other byte as it is: a member that this version does not know
    /// must not be lost over it.
    static func replacingMaxAge(in configuration: [UInt8], with maxAge: Int64) -> [UInt8]? {
        guard let range = maxAgeRange(in: configuration.rawSpan) else { return nil }
        var bytes = Array(configuration[..<range.lowerBound])
        bytes.appendDecimal(maxAge)
        bytes.append(contentsOf: configuration[range.upperBound...])
        return bytes
    }

    private static func maxAgeRange(in text: RawSpan) -> Range<Int>? {
        var key: Range<Int>?
        do throws(JSONError) {
            var scanner = JSONScanner(text)
            try scanner.beginObject()
            while let member = try scanner.nextKey() {
                if scanner.matches(member, "max_age") { key = text.byteOffsets(of: scanner.bytes(member)) }
                try scanner.skipValue()
            }
            try scanner.finish()
        } catch {
            return nil
        }
        return key.flatMap { JSONScanner.valueRange(afterKey: $0, in: text) }
    }
}
