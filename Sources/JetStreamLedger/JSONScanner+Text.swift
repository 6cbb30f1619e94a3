internal import StrictJSON

extension JSONScanner {
    /// A string, unescaped: the server escapes `<`, `>` and `&`, also in subjects.
    mutating func readText() throws(JSONError) -> String {
        let string = try readString()
        var bytes: [UInt8] = []
        unescape(string, into: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }
}
