internal import StrictJSON

/// An object as it is written, member by member; keys are this code's own and need no escapes.
struct JSONObject {
    private var text: [UInt8] = []

    /// The object so far.
    var bytes: [UInt8] {
        var bytes = text
        bytes.append(text.isEmpty ? "{}" : "}")
        return bytes
    }

    func appendLine(to bytes: inout [UInt8]) {
        bytes.append(contentsOf: self.bytes)
        bytes.append("\n")
    }

    mutating func add(_ key: StaticString, _ write: (inout [UInt8]) -> Void) {
        text.append(UInt8(ascii: text.isEmpty ? "{" : ","))
        text.append(UInt8(ascii: "\""))
        text.append(key)
        text.append("\":")
        write(&text)
    }

    mutating func add(_ key: StaticString, _ value: String?) {
        add(key) { bytes in
            guard let value else { return bytes.append("null") }
            bytes.appendJSONString(Array(value.utf8).rawSpan)
        }
    }

    mutating func add(_ key: StaticString, _ value: Int64?) {
        add(key) { bytes in
            guard let value else { return bytes.append("null") }
            bytes.appendDecimal(value)
        }
    }

    mutating func add(_ key: StaticString, _ value: Bool) {
        add(key) { $0.append(value ? "true" : "false") }
    }

    mutating func add(_ key: StaticString, _ values: [String]) {
        add(key, values.map { value in
            var bytes: [UInt8] = []
            bytes.appendJSONString(Array(value.utf8).rawSpan)
            return bytes
        })
    }

    /// - Parameter values: JSON each.
    mutating func add(_ key: StaticString, _ values: [[UInt8]]) {
        add(key) { bytes in
            bytes.append(UInt8(ascii: "["))
            for (index, value) in values.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                bytes.append(contentsOf: value)
            }
            bytes.append(UInt8(ascii: "]"))
        }
    }
}
