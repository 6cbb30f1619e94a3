internal import StrictJSON

/// How a well-formed text breaks its schema. Properties are meant by their index in the compiled schemas; names are
/// made of it only when a text is wanted.
enum SchemaViolation {
    /// A value of another kind than the schema's; `property` may be `SchemaWalk.outermost`.
    case wrongKind(property: Int, expected: JSONKind)
    case missing(property: Int)
    case additionalProperty(JSONString)

    /// The longest name of a caller's own making that is repeated to it.
    private static let maxRepeatedNameBytes = 32

    /// One line for the caller. It repeats no value, and a name of the caller's own only when it is short and plain.
    ///
    /// - Parameter whole: what the text is called, where the violation is not of one property.
    func text(_ schemas: CompiledSchemas, of text: RawSpan, whole: String) -> String {
        switch self {
        case .wrongKind(SchemaWalk.outermost, let expected):
            return "\(whole) must be \(expected.noun)"
        case .wrongKind(let property, let expected):
            return "'\(schemas.name(of: property))' must be \(expected.noun)"
        case .missing(let property):
            return "'\(schemas.name(of: property))' is required"
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
