import StrictJSON

/// What the scanner says of a whole text: nil when it accepts it.
func refusal(of text: [UInt8]) -> JSONError? {
    do throws(JSONError) {
        var scanner = JSONScanner(text.rawSpan)
        try scanner.skipValue()
        try scanner.finish()
        return nil
    } catch {
        return error
    }
}

func refusal(of text: some StringProtocol) -> JSONError? {
    refusal(of: Array(text.utf8))
}

/// The string that the text consists of, unescaped.
func string(_ text: String) throws(JSONError) -> String {
    let bytes = Array(text.utf8)
    var scanner = JSONScanner(bytes.rawSpan)
    let string = try scanner.readString()
    try scanner.finish()
    var unescaped: [UInt8] = []
    scanner.unescape(string, into: &unescaped)
    return unescaped.rawSpan.string
}

func integer(_ text: String) throws(JSONError) -> Int64 {
    let bytes = Array(text.utf8)
    var scanner = JSONScanner(bytes.rawSpan)
    let value = try scanner.readInteger()
    try scanner.finish()
    return value
}
