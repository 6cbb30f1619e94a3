import TestSupport
import TokenContract

/// A request put together at random from the members that matter, together with what has to come of it: worked out from
/// the members, not from the bytes.
struct RandomRequest {
    enum Outcome: Equatable {
        case accepted([Field: String])
        case refused(ServiceError)
        /// Malformed, at whatever offset.
        case duplicateKey
    }

    private struct Member {
        let name: String
        /// Between the quotes.
        let spelling: String
        /// nil when the value is no string.
        let string: String?
        let value: String
    }

    let operation: Operation
    let body: [UInt8]
    private let members: [Member]

    init(using random: inout SeededGenerator) {
        operation = Operation.allCases.randomElement(using: &random) ?? .verifyToken
        var members: [Member] = []
        for _ in 0..<Int.random(in: 0...4, using: &random) {
            members.append(Self.member(of: operation, using: &random))
        }
        self.members = members
        func space() -> String { String(repeating: " ", count: max(0, Int.random(in: -6...2, using: &random))) }
        let texts = members.map { "\(space())\"\($0.spelling)\"\(space()):\(space())\($0.value)\(space())" }
        body = Array("\(space()){\(texts.joined(separator: ","))}\(space())".utf8)
    }

    private static func member(of operation: Operation, using random: inout SeededGenerator) -> Member {
        let own = rules[operation]?.properties ?? []
        let all = own + own + own + ["id", "access_token", "refresh_token", "role", "ID", "", "é"]
        let name = all.randomElement(using: &random) ?? "id"
        let spelling = Int.random(in: 0..<3, using: &random) == 0 ? escaped(name) : name
        guard Int.random(in: 0..<8, using: &random) > 0 else {
            let value =
                ["1", "null", "true", "[\"id\"]", "{\"id\":\"x\"}", "-0.5e1"].randomElement(using: &random) ?? "1"
            return Member(name: name, spelling: spelling, string: nil, value: value)
        }
        let characters = (0..<Int.random(in: 0...12, using: &random)).map { _ in
            ["a", "b", ".", "é", "😀", "\n"].randomElement(using: &random) ?? "a"
        }
        let string = characters.joined()
        let isEscaped = string.contains("\n") || Bool.random(using: &random)
        return Member(
            name: name,
            spelling: spelling,
            string: string,
            value: "\"\(isEscaped ? escaped(string) : string)\""
        )
    }

    private static func escaped(_ text: String) -> String {
        text.utf16.map { unit in
            let digits = String(unit, radix: 16)
            return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        }.joined()
    }

    /// The contract's table: what a request may and must have, in the order of the schema.
    private static let rules: [Operation: (properties: [String], required: [String])] = [
        .generateTokens: (["id"], ["id"]),
        .verifyToken: (["access_token"], ["access_token"]),
        .refreshTokens: (["refresh_token"], []),
        .blacklistTokens: (["refresh_token", "access_token"], ["refresh_token", "access_token"]),
    ]

    func outcome(limits: RequestLimits) -> Outcome {
        if body.count > limits.maxRequestBytes {
            return .refused(ServiceError(.tooLarge, "the request is larger than \(limits.maxRequestBytes) bytes"))
        }
        if Set(members.map { Array($0.name.utf8) }).count < members.count { return .duplicateKey }
        if let violation { return .refused(ServiceError(.badRequest, "schema: \(violation)")) }
        var fields: [Field: String] = [:]
        for field in Field.allCases {
            guard let value = members.first(where: { $0.name == "\(field.name)" })?.string else { continue }
            if field == .id, value.isEmpty {
                return .refused(ServiceError(.badRequest, "schema: 'id' must not be empty"))
            }
            let limit = field == .id ? limits.maxIDBytes : limits.maxTokenBytes
            if value.utf8.count > limit {
                return .refused(ServiceError(.tooLarge, "'\(field.name)' is larger than \(limit) bytes"))
            }
            fields[field] = value
        }
        return .accepted(fields)
    }

    private var violation: String? {
        guard let (properties, required) = Self.rules[operation] else { return "no rules" }
        for member in members {
            if !properties.contains(member.name) {
                let isPlain = member.spelling == member.name && ["", "é"].allSatisfy { $0 != member.name }
                return "additional property \(isPlain ? "'\(member.name)' " : "")is not allowed"
            }
            if member.string == nil { return "'\(member.name)' must be a string" }
        }
        let missing = required.first { name in !members.contains { $0.name == name } }
        return missing.map { "'\($0)' is required" }
    }
}
