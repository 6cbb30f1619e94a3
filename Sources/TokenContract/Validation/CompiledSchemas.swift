internal import StrictJSON

/// Schemas in the form in which they are enforced: nodes and properties in flat arrays that refer to each other by
/// index, with all names in one run of bytes.
struct CompiledSchemas: Sendable {
    /// The entry of one schema: the index of its outermost node.
    struct Root: Sendable {
        let node: Int
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
        var walk = SchemaWalk(nodes: nodes.span, properties: properties.span, names: names.rawSpan)
        try walk.check(&scanner, node: root.node, property: SchemaWalk.outermost, values: &values)
        return walk.violation
    }

    func name(of property: Int) -> String {
        names.rawSpan.extracting(properties[property].nameStart..<properties[property].nameEnd).string
    }
}
