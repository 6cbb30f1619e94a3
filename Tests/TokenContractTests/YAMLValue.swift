import Yams

/// A YAML or JSON document as plain values, so that two of them can be compared whatever their style and order.
indirect enum YAMLValue: Equatable {
    case mapping([String: YAMLValue])
    case sequence([YAMLValue])
    /// The text with its resolved tag, which keeps the word `true` apart from the boolean.
    case scalar(String, tag: String)

    init(parsing bytes: [UInt8]) throws {
        guard let node = try Yams.compose(yaml: String(decoding: bytes, as: UTF8.self)) else {
            throw YAMLProblem(text: "an empty document")
        }
        try self.init(node)
    }

    private init(_ node: Node) throws {
        switch node {
        case .mapping(let mapping):
            var values: [String: YAMLValue] = [:]
            for (key, value) in mapping {
                guard let name = key.string else { throw YAMLProblem(text: "a key that is no string") }
                guard values.updateValue(try YAMLValue(value), forKey: name) == nil else {
                    throw YAMLProblem(text: "'\(name)' stands twice in one mapping")
                }
            }
            self = .mapping(values)
        case .sequence(let sequence): self = .sequence(try sequence.map(YAMLValue.init))
        case .scalar(let scalar): self = .scalar(scalar.string, tag: node.tag.rawValue)
        case .alias: throw YAMLProblem(text: "an alias")
        }
    }

    subscript(_ path: String...) -> YAMLValue? {
        self[path]
    }

    subscript(_ path: [String]) -> YAMLValue? {
        guard let name = path.first else { return self }
        return mapping[name]?[Array(path.dropFirst())]
    }

    /// The members of a mapping; none of anything else.
    var mapping: [String: YAMLValue] {
        if case .mapping(let values) = self { values } else { [:] }
    }

    var sequence: [YAMLValue] {
        if case .sequence(let values) = self { values } else { [] }
    }

    var string: String? {
        if case .scalar(let text, _) = self { text } else { nil }
    }

    var isExtension: Bool {
        self["x-extension"] == .scalar("true", tag: "tag:yaml.org,2002:bool")
    }

    /// Without the members that only mark or announce.
    func without(_ isLeftOut: (String) -> Bool) -> YAMLValue {
        .mapping(mapping.filter { !isLeftOut($0.key) })
    }

    /// Every `$ref` in the document.
    var references: [String] {
        switch self {
        case .mapping(let values):
            values.flatMap { name, value in name == "$ref" ? [value.string ?? ""] : value.references }
        case .sequence(let values): values.flatMap(\.references)
        case .scalar: []
        }
    }

    /// What a `#/a/b` points to.
    func resolve(_ reference: String) -> YAMLValue? {
        let path = reference.split(separator: "/").map(String.init)
        guard path.first == "#" else { return nil }
        return self[Array(path.dropFirst())]
    }
}

struct YAMLProblem: Error {
    let text: String
}
