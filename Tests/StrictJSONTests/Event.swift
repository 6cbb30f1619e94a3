import StrictJSON

/// What a reader of JSON tells of a text, in the order of the text.
enum Event: Equatable {
    case beginObject, endObject, beginArray, endArray
    case key([UInt8])
    case string([UInt8])
    /// As it is written.
    case number([UInt8])
    case boolean(Bool)
    case null
}

/// Everything that the scanner tells of a text; nil when it refuses it.
func events(of text: [UInt8]) -> [Event]? {
    var events: [Event] = []
    do throws(JSONError) {
        var scanner = JSONScanner(text.rawSpan)
        try readValue(&scanner, into: &events)
        try scanner.finish()
        return events
    } catch {
        return nil
    }
}

private func readValue(_ scanner: inout JSONScanner, into events: inout [Event]) throws(JSONError) {
    switch try scanner.peek() {
    case .object:
        try scanner.beginObject()
        events.append(.beginObject)
        while let key = try scanner.nextKey() {
            events.append(.key(unescaped(key, in: scanner.text)))
            try readValue(&scanner, into: &events)
        }
        events.append(.endObject)
    case .array:
        try scanner.beginArray()
        events.append(.beginArray)
        while try scanner.nextElement() {
            try readValue(&scanner, into: &events)
        }
        events.append(.endArray)
    case .string:
        events.append(.string(unescaped(try scanner.readString(), in: scanner.text)))
    case .number:
        let start = scanner.offset
        try scanner.skipValue()
        var written: [UInt8] = []
        written.append(scanner.text.extracting(start..<scanner.offset))
        events.append(.number(written))
    case .boolean: events.append(.boolean(try scanner.readBoolean()))
    case .null:
        try scanner.readNull()
        events.append(.null)
    }
}

private func unescaped(_ string: JSONString, in text: RawSpan) -> [UInt8] {
    var bytes: [UInt8] = []
    string.unescape(in: text, into: &bytes)
    return bytes
}
