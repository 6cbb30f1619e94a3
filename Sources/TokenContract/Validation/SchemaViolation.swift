internal import StrictJSON

/// How a well-formed text breaks its schema.
enum SchemaViolation {
    /// A value of another kind than the schema's; `property` is nil for the text's outermost value.
    case wrongKind(property: String?, expected: JSONKind)
    case missing(property: String)
    case additionalProperty(JSONString)

    /// The longest name of a caller's own making that is repeated to it.
    private static let maxRepeatedNameBytes = 32

    /// One line for the caller. It repeats no value, and a name of the caller's own only when it is short and plain.
    func text(in text: RawSpan, root: String) -> String {
        switch self {
        case .wrongKind(let property, let expected):
            return "\(property.map { "'\($0)'" } ?? root) must be \(expected.noun)"
        case .missing(let property):
            return "'\(property)' is required"
        case .additionalProperty(let key):
            let name = key.bytes(in: text)
            guard !key.hasEscapes, name.byteCount <= Self.maxRepeatedNameBytes, isPlain(name) else {
                return "additional property is not allowed"
            }
            return "additional property '\(name.string)' is not allowed"
        }
    }

    private func isPlain(_ name: RawSpan) -> Bool {
        for index in 0..<name.byteCount {
            guard ServiceError.isPrintable(name[index]) else { return false }
        }
        return name.byteCount > 0
    }
}

extension JSONKind {
    fileprivate var noun: String {
        switch self {
        case .object: "an object"
        case .array: "an array"
        case .string: "a string"
        case .number: "a number"
        case .boolean: "a boolean"
        case .null: "null"
        }
    }
}
