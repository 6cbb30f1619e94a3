internal import StrictJSON

/// Schemas in the form in which they are enforced: nodes and properties in flat arrays that refer to each other by
/// index, with all names in one run of bytes. Walking it touches no reference count.
struct CompiledSchemas: Sendable {
    /// The entry of one schema.
    struct Root: Sendable {
        fileprivate let node: Int

        init(node: Int) {
            self.node = node
        }
    }

    /// One schema object.
    struct Node: Sendable {
        /// The only kind of value allowed; nil allows every kind.
        var kind: JSONKind?
        var firstProperty = 0
        var propertyCount = 0
        /// Bit n stands for the node's n-th property.
        var required: UInt64 = 0
        var allowsAdditional = true
    }

    /// One entry of a node's `properties`.
    struct Property: Sendable {
        var nameStart: Int
        var nameEnd: Int
        var node: Int
        /// The field that the value is noted as.
        var field: Field?
    }

    var nodes: [Node] = []
    var properties: [Property] = []
    var names: [UInt8] = []

    /// Reads the scanner's next value and returns its first violation. Reads on after a violation, so that a text
    /// that is also malformed is reported as that.
    func check(
        _ scanner: inout JSONScanner,
        against root: Root,
        noting values: inout FieldValues
    ) throws(JSONError) -> SchemaViolation? {
        var violation: SchemaViolation?
        try check(&scanner, node: root.node, property: nil, values: &values, violation: &violation)
        return violation
    }

    func name(of property: Int) -> String {
        names.rawSpan.extracting(properties[property].nameStart..<properties[property].nameEnd).string
    }

    /// Recursive, but never deeper than the schema is.
    private func check(
        _ scanner: inout JSONScanner,
        node index: Int,
        property: Int?,
        values: inout FieldValues,
        violation: inout SchemaViolation?
    ) throws(JSONError) {
        let node = nodes[index]
        let kind = try scanner.peek()
        if let expected = node.kind, expected != kind {
            if violation == nil { violation = .wrongKind(property: property.map(name(of:)), expected: expected) }
            try scanner.skipValue()
            return
        }
        switch kind {
        case .object:
            try checkMembers(&scanner, of: node, values: &values, violation: &violation)
        case .string:
            let string = try scanner.readString()
            if let property, let field = properties[property].field { values.note(string, as: field) }
        case .array, .number, .boolean, .null:
            try scanner.skipValue()
        }
    }

    private func checkMembers(
        _ scanner: inout JSONScanner,
        of node: Node,
        values: inout FieldValues,
        violation: inout SchemaViolation?
    ) throws(JSONError) {
        try scanner.beginObject()
        var seen: UInt64 = 0
        while let key = try scanner.nextKey() {
            if let position = position(of: key, in: node, scanner) {
                seen |= 1 << UInt64(position)
                let property = node.firstProperty + position
                let child = properties[property].node
                try check(&scanner, node: child, property: property, values: &values, violation: &violation)
            } else {
                if !node.allowsAdditional, violation == nil { violation = .additionalProperty(key) }
                try scanner.skipValue()
            }
        }
        let missing = node.required & ~seen
        if missing != 0, violation == nil {
            violation = .missing(property: name(of: node.firstProperty + missing.trailingZeroBitCount))
        }
    }

    private func position(of key: JSONString, in node: Node, _ scanner: borrowing JSONScanner) -> Int? {
        let names = names.rawSpan
        for position in 0..<node.propertyCount {
            let property = properties[node.firstProperty + position]
            if scanner.matches(key, names.extracting(property.nameStart..<property.nameEnd)) { return position }
        }
        return nil
    }
}
