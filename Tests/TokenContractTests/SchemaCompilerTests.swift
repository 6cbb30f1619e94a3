import StrictJSON
import Testing
import TokenContract

@Suite("A schema is enforced as a whole, or the program does not start")
struct SchemaCompilerTests {
    /// The contract's schemas with another one for the replies of `blacklist_tokens`.
    private func schemas(_ schema: String) throws(SchemaError) -> ContractSchemas {
        try ContractSchemas { operation in
            let files = ContractSchemas.files(of: operation)
            return operation == .blacklistTokens ? (files.request, Array(schema.utf8)) : files
        }
    }

    private func problem(_ text: String, _ schemas: ContractSchemas) -> String? {
        schemas.problem(inReply: Array(text.utf8).rawSpan, of: .blacklistTokens)
    }

    @Test(
        "A keyword or type that is not implemented fails, wherever it stands",
        arguments: [
            (#"{"type":"object","maxProperties":1}"#, "the keyword 'maxProperties' is not implemented"),
            (
                #"{"type":"object","properties":{"id":{"type":"string","maxLength":5}}}"#,
                "the keyword 'maxLength' is not implemented"
            ),
            (
                #"{"type":"object","properties":{"a":{"type":"object","properties":{"b":{"pattern":"x"}}}}}"#,
                "the keyword 'pattern' is not implemented"
            ),
            (#"{"type":"object","patternProperties":{}}"#, "the keyword 'patternProperties' is not implemented"),
            (##"{"$ref":"#/definitions/x"}"##, "the keyword '$ref' is not implemented"),
            (#"{"x-note":"x"}"#, "the keyword 'x-note' is not implemented"),
            (#"{"Type":"string"}"#, "the keyword 'Type' is not implemented"),
            (#"{"type":"integer"}"#, "the type 'integer' is not implemented"),
            (#"{"type":"strnig"}"#, "the type 'strnig' is not implemented"),
            (#"{"type":"string","properties":{}}"#, "'properties' needs the type 'object' beside it"),
            (#"{"additionalProperties":false}"#, "'additionalProperties' needs the type 'object' beside it"),
            (#"{"type":"array","required":[]}"#, "'required' needs the type 'object' beside it"),
            (#"{"type":"object","properties":{"a":{}},"required":["b"]}"#, "'b' is required and no property"),
            (#"{"type":["string","null"]}"#, "unexpected kind of value at offset 8"),
            (#"{"type":"object","additionalProperties":{"type":"string"}}"#, "unexpected kind of value at offset 40"),
            (#"{"type":"object","required":"id"}"#, "unexpected kind of value at offset 28"),
            (#"{"type":"object","properties":{"a":true}}"#, "unexpected kind of value at offset 35"),
            (#"{"type":"object","type":"object"}"#, "duplicate key at offset 17"),
            (#"true"#, "unexpected kind of value at offset 0"), (#"{} {}"#, "trailing bytes at offset 3"),
            ("", "unexpected end at offset 0"),
        ]
    )
    func refused(schema: String, text: String) {
        let error = #expect(throws: SchemaError.self) { try schemas(schema) }
        #expect(error?.file == "blacklist_tokens.reply")
        #expect(error?.text == text)
        #expect(error?.description == "schema blacklist_tokens.reply: \(text)")
    }

    @Test("The embedded schemas compile, and a decoder starts with them")
    func embedded() throws {
        _ = try ContractSchemas()
        _ = try RequestDecoder()
    }

    @Test(
        "Each type accepts its own kind of value and no other",
        arguments: [
            "object": "{}", "array": "[]", "string": #""""#, "number": "0.5", "boolean": "true", "null": "null",
        ]
    )
    func types(type: String, text: String) throws {
        let compiled = try schemas(#"{"type":"\#(type)"}"#)
        let article = type == "null" ? "" : type == "object" || type == "array" ? "an " : "a "
        for other in ["{}", "[]", #""""#, "0.5", "true", "null"] {
            let expected = other == text ? nil : "schema: the reply must be \(article)\(type)"
            #expect(problem(other, compiled) == expected)
        }
        #expect(problem("false", try schemas(#"{"type":"boolean"}"#)) == nil)
    }

    @Test("A schema without a type allows everything that is JSON")
    func anything() throws {
        let compiled = try schemas(#"{"title":"x","description":"y","$schema":"z"}"#)
        for text in ["{}", #"{"a":[1,{"b":null}]}"#, "[]", "1", "null"] {
            #expect(problem(text, compiled) == nil)
        }
        #expect(problem("[1", compiled) == "malformed JSON: unexpected end at offset 2")
    }

    @Test("The keywords may come in any order, and objects inside objects are held to theirs")
    func nested() throws {
        let compiled = try schemas(
            #"""
            {"required":["b"],"additionalProperties":false,"properties":{
                "a":{"properties":{"c":{"type":"number"}},"required":["c"],"type":"object"},
                "b":{"type":"array"}},"type":"object"}
            """#
        )
        for (text, expected) in [
            (#"{"b":[]}"#, nil), (#"{"b":[{"anything":1}],"a":{"c":1,"beside":{}}}"#, nil),
            (#"{"a":{"c":1}}"#, "'b' is required"), (#"{"b":[],"a":{}}"#, "'c' is required"),
            (#"{"b":[],"a":{"c":"1"}}"#, "'c' must be a number"), (#"{"b":{},"a":{}}"#, "'b' must be an array"),
            (#"{"b":[],"c":1}"#, "additional property 'c' is not allowed"),
        ] {
            #expect(problem(text, compiled) == expected.map { "schema: \($0)" })
        }
    }
}
