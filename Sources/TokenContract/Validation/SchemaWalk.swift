internal import StrictJSON

/// One text read against one schema. It looks at the compiled arrays through spans, because every look at an array
/// that is a member may cost a reference count up and down, and this is done for each request.
struct SchemaWalk: ~Escapable {
    /// The text's outermost value, which is no property of anything.
    static let outermost = -1

    private let nodes: Span<CompiledSchemas.Node>
    private let properties: Span<CompiledSchemas.Property>
    private let names: RawSpan
    /// The first one found.
    private(set) var violation: SchemaViolation?

    @_lifetime(copy nodes, copy properties, copy names)
    init(nodes: Span<CompiledSchemas.Node>, properties: Span<CompiledSchemas.Property>, names: RawSpan) {
        self.nodes = nodes
        self.properties = properties
        self.names = names
    }

    /// Reads one value. Recursive, but never deeper than the schema is.
    mutating func check(
        _ scanner: inout JSONScanner,
        node index: Int,
        property: Int,
        values: inout FieldValues
    ) throws(JSONError) {
        let kind = try scanner.peek()
        if let expected = nodes[index].kind, expected != kind {
            note(.wrongKind(property: property, expected: expected))
            try scanner.skipValue()
            return
        }
        switch kind {
        case .object:
            try checkMembers(&scanner, of: index, values: &values)
        case .string:
            let string = try scanner.readString()
            guard property != Self.outermost, let field = properties[property].field else { return }
            values.note(string, as: field)
        case .array, .number, .boolean, .null:
            try scanner.skipValue()
        }
    }

    private mutating func checkMembers(
        _ scanner: inout JSONScanner,
        of index: Int,
        values: inout FieldValues
    ) throws(JSONError) {
        let node = nodes[index]
        try scanner.beginObject()
        var seen: UInt64 = 0
        while let key = try scanner.nextKey() {
            if let position = position(of: key, in: node, scanner.text) {
                seen |= 1 << UInt64(position)
                let property = node.firstProperty + position
                try check(&scanner, node: properties[property].node, property: property, values: &values)
            } else {
                if !node.allowsAdditional { note(.additionalProperty(key)) }
                try scanner.skipValue()
            }
        }
        let missing = node.required & ~seen
        if missing != 0 { note(.missing(property: node.firstProperty + missing.trailingZeroBitCount)) }
    }

    private func position(of key: JSONString, in node: CompiledSchemas.Node, _ text: RawSpan) -> Int? {
        for position in 0..<node.propertyCount {
            let property = properties[node.firstProperty + position]
            if key.matches(names.extracting(property.nameStart..<property.nameEnd), in: text) { return position }
        }
        return nil
    }

    private mutating func note(_ found: SchemaViolation) {
        if violation == nil { violation = found }
    }
}
