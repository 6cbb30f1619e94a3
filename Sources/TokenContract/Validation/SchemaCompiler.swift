internal import StrictJSON

/// Compiles JSON Schema files (draft 7, the dialect of AsyncAPI 3.0) into `CompiledSchemas`.
///
/// Every keyword is either enforced or known to enforce nothing; any other fails the compilation. JSON Schema itself
/// says to ignore unknown keywords, and that is how a `maxLength` comes to be written down and never checked. For
/// the same reason the keywords of objects are refused beside another type, where they would do nothing.
struct SchemaCompiler {
    private(set) var schemas = CompiledSchemas()

    /// The bits of a node's `required`.
    private static let maxProperties = 64

    /// Adds one file.
    ///
    /// - Parameter fields: those of the outermost object's properties that are noted when a text is read, by name.
    mutating func add(_ text: [UInt8], file: String, fields: [Field] = []) throws(SchemaError) -> CompiledSchemas.Root {
        do {
            var scanner = JSONScanner(text.rawSpan)
            let node = try compileNode(&scanner, fields: fields)
            try scanner.finish()
            return CompiledSchemas.Root(node: node)
        } catch let problem as Problem {
            throw SchemaError(file: file, text: problem.text)
        } catch {
            throw SchemaError(file: file, text: "\(error)")
        }
    }

    private struct Problem: Error {
        let text: String
    }

    /// What has been read of one schema object; the keywords come in any order.
    private struct Draft {
        var node = CompiledSchemas.Node()
        var properties: [(name: String, node: Int)] = []
        var required: [String] = []
        var objectKeywords: [String] = []
    }

    private mutating func compileNode(_ scanner: inout JSONScanner, fields: [Field]) throws -> Int {
        var draft = Draft()
        try scanner.beginObject()
        while let key = try scanner.nextKey() {
            let keyword = text(of: key, in: scanner.text)
            switch keyword {
            case "$schema", "title", "description":
                _ = try scanner.readString()
            case "type":
                draft.node.kind = try readType(&scanner)
            case "properties":
                draft.objectKeywords.append(keyword)
                draft.properties = try readProperties(&scanner)
            case "required":
                draft.objectKeywords.append(keyword)
                draft.required = try readNames(&scanner)
            case "additionalProperties":
                draft.objectKeywords.append(keyword)
                draft.node.allowsAdditional = try scanner.readBoolean()
            default:
                throw Problem(text: "the keyword '\(keyword)' is not implemented")
            }
        }
        return try append(draft, fields: fields)
    }

    private mutating func append(_ draft: Draft, fields: [Field]) throws -> Int {
        var node = draft.node
        if let keyword = draft.objectKeywords.first, node.kind != .object {
            throw Problem(text: "'\(keyword)' needs the type 'object' beside it")
        }
        guard draft.properties.count <= Self.maxProperties else {
            throw Problem(text: "more than \(Self.maxProperties) properties")
        }
        node.firstProperty = schemas.properties.count
        node.propertyCount = draft.properties.count
        for name in draft.required {
            guard let position = draft.properties.firstIndex(where: { $0.name == name }) else {
                throw Problem(text: "'\(name)' is required and no property")
            }
            node.required |= 1 << UInt64(position)
        }
        for property in draft.properties {
            let start = schemas.names.count
            schemas.names.append(utf8: property.name)
            schemas.properties.append(
                CompiledSchemas.Property(
                    nameStart: start,
                    nameEnd: schemas.names.count,
                    node: property.node,
                    field: fields.first { "\($0.name)" == property.name }
                )
            )
        }
        schemas.nodes.append(node)
        return schemas.nodes.count - 1
    }

    private func readType(_ scanner: inout JSONScanner) throws -> JSONKind {
        let name = text(of: try scanner.readString(), in: scanner.text)
        switch name {
        case "object": return .object
        case "array": return .array
        case "string": return .string
        case "number": return .number
        case "boolean": return .boolean
        case "null": return .null
        default: throw Problem(text: "the type '\(name)' is not implemented")
        }
    }

    private mutating func readProperties(_ scanner: inout JSONScanner) throws -> [(name: String, node: Int)] {
        var properties: [(name: String, node: Int)] = []
        try scanner.beginObject()
        while let key = try scanner.nextKey() {
            let name = text(of: key, in: scanner.text)
            properties.append((name, try compileNode(&scanner, fields: [])))
        }
        return properties
    }

    private func readNames(_ scanner: inout JSONScanner) throws -> [String] {
        var names: [String] = []
        try scanner.beginArray()
        while try scanner.nextElement() {
            names.append(text(of: try scanner.readString(), in: scanner.text))
        }
        return names
    }

    private func text(of string: JSONString, in text: RawSpan) -> String {
        var bytes: [UInt8] = []
        string.unescape(in: text, into: &bytes)
        return bytes.rawSpan.string
    }
}
