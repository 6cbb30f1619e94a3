import Testing
import TokenContract

@Suite("The schema files are the contract's")
struct ContractSchemasTests {
    /// The payload tables of the contract: name, type, description, and whether it is required.
    private struct Row: Equatable {
        let name: String
        let type: String
        let description: String?
        let isRequired: Bool

        init(_ name: String, _ description: String?, type: String = "string", required isRequired: Bool = false) {
            self.name = name
            self.type = type
            self.description = description
            self.isRequired = isRequired
        }
    }

    private func rows(of file: [UInt8]) throws -> [Row] {
        try rows(of: try YAMLValue(parsing: file), path: "")
    }

    private func rows(of schema: YAMLValue, path: String) throws -> [Row] {
        let required = Set(schema["required"]?.sequence.compactMap(\.string) ?? [])
        return try (schema["properties"]?.mapping ?? [:]).sorted { $0.key < $1.key }.flatMap { name, property in
            let type = try #require(property["type"]?.string)
            let description = property["description"]?.string
            return [Row(path + name, description, type: type, required: required.contains(name))]
                + (try rows(of: property, path: "\(path)\(name)."))
        }
    }

    @Test("Requests have exactly the contract's properties and nothing beside them")
    func requests() throws {
        let expected: [Operation: [Row]] = [
            .generateTokens: [Row("id", "User ID.", required: true)],
            .verifyToken: [Row("access_token", "Access token.", required: true)],
            .refreshTokens: [Row("refresh_token", "Refresh token.")],
            .blacklistTokens: [
                Row("access_token", "Access token.", required: true),
                Row("refresh_token", "Refresh token.", required: true),
            ],
        ]
        for operation in Operation.allCases {
            let file = ContractSchemas.files(of: operation).request
            #expect(try rows(of: file) == expected[operation])
            #expect(try YAMLValue(parsing: file)["type"]?.string == "object")
            #expect(try YAMLValue(parsing: file)["additionalProperties"]?.string == "false")
        }
    }

    @Test("Replies have exactly the contract's properties, and room for others where the contract leaves it")
    func replies() throws {
        let expected: [Operation: ([Row], additional: String)] = [
            .generateTokens: (
                [Row("access_token", "Generated access token."), Row("refresh_token", "Generated refresh token.")],
                "false"
            ),
            .verifyToken: (
                [
                    Row("payload", nil, type: "object"), Row("payload.id", "User id from token."),
                    Row("valid", "Is token valid.", type: "boolean"),
                ], "true"
            ),
            .refreshTokens: (
                [Row("access_token", "New access token."), Row("refresh_token", "New refresh token.")], "true"
            ),
            .blacklistTokens: ([], "false"),
        ]
        for operation in Operation.allCases {
            let file = ContractSchemas.files(of: operation).reply
            let schema = try YAMLValue(parsing: file)
            #expect(try rows(of: file) == expected[operation]?.0)
            #expect(schema["type"]?.string == "object")
            #expect(schema["additionalProperties"]?.string == expected[operation]?.additional)
        }
        let verify = try YAMLValue(parsing: ContractSchemas.files(of: .verifyToken).reply)
        #expect(verify["properties", "payload", "additionalProperties"]?.string == "true")
    }
}
