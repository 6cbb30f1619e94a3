import Testing
import TokenContract

/// What the contract says of a channel, written down once more and by hand: document, schemas and code are all held to
/// this table, so that a slip in one of them cannot pass by being repeated in the others.
private struct Channel {
    let operation: Operation
    let description: String
    let request: (title: String, summary: String)
    let reply: (title: String, summary: String)?

    static let all = [
        Channel(
            operation: .generateTokens,
            description: "Generating refresh and access tokens.",
            request: ("Generate Tokens", "Generates refresh and access tokens."),
            reply: ("Generate Tokens Response", "Returns generated tokens.")
        ),
        Channel(
            operation: .verifyToken,
            description: "Verifying access token.",
            request: ("Verify Access Token", "Verify access token."),
            reply: ("Verified Access Token", "Verified access token.")
        ),
        Channel(
            operation: .refreshTokens,
            description: "Refreshing of access and refresh token.",
            request: ("Refresh Tokens", "Refreshes access and refresh tokens."),
            reply: ("Refreshed Tokens", "Refreshed access and refresh tokens.")
        ),
        Channel(
            operation: .blacklistTokens,
            description: "Blacklisting of access and refresh token.",
            request: ("Blacklist Tokens", "Blacklist access and refresh tokens."),
            reply: nil
        ),
    ]
}

@Suite("The AsyncAPI document, the schema files and the code say the same")
struct AsyncAPITests {
    private let document: YAMLValue

    init() throws {
        document = try YAMLValue(parsing: AsyncAPIDocument.yaml)
    }

    @Test("It is an AsyncAPI 3.0.0 document of the contract's title, version and description")
    func info() {
        #expect(document["asyncapi"]?.string == "3.0.0")
        #expect(document["info", "title"]?.string == "Token Service API")
        #expect(document["info", "title"]?.string == Contract.title)
        #expect(document["info", "version"]?.string == "1.0.0")
        #expect(document["info", "version"]?.string == Contract.version)
        #expect(
            document["info", "description"]?.string
                == "API for user-related operations, including finding users, updating profiles, and updating images."
        )
        #expect(document["defaultContentType"]?.string == "application/json")
    }

    @Test("Channels and operations are the contract's four, and whatever is beside them is marked as an extension")
    func names() throws {
        let names = Set(Operation.allCases.map(\.name))
        #expect(names == ["generate_tokens", "verify_token", "refresh_tokens", "blacklist_tokens"])
        #expect(Set(Channel.all.map(\.operation)) == Set(Operation.allCases))
        for kind in ["channels", "operations"] {
            let entries = try #require(document[kind]?.mapping)
            #expect(Set(entries.filter { !$0.value.isExtension }.keys) == names)
            #expect(Set(entries.filter { $0.value.isExtension }.keys) == [Contract.publicKeysSubject])
        }
        let ofContract = Set(names.flatMap { ["\($0).request", "\($0).reply"] }).subtracting(["blacklist_tokens.reply"])
        for kind in ["messages", "schemas"] {
            let entries = try #require(document["components", kind]?.mapping)
            #expect(Set(entries.filter { !$0.value.isExtension }.keys) == ofContract)
        }
    }

    @Test("Each channel has the contract's address and messages, under the contract's message ids")
    func channels() throws {
        for expected in Channel.all {
            let name = expected.operation.name
            let channel = try #require(document["channels", name])
            #expect(channel["address"]?.string == name)
            let messages = try #require(channel["messages"]?.mapping).mapValues { $0["$ref"]?.string ?? "" }
            #expect(Set(messages.keys) == ["subscribe.message", "reply.message"])
            for (id, message, kind) in [
                ("subscribe.message", expected.request, "request"), ("reply.message", expected.reply, "reply"),
            ] {
                let found = try #require(document.resolve(messages[id] ?? ""))
                #expect(messages[id] == "#/components/messages/\(name).\(kind)")
                #expect(found.isExtension == (message == nil))
                #expect(found["payload", "$ref"]?.string == "#/components/schemas/\(name).\(kind)")
                #expect(found["contentType"]?.string == "application/json")
                guard let message else { continue }
                #expect(found["title"]?.string == message.title)
                #expect(found["summary"]?.string == message.summary)
            }
        }
    }

    @Test("Each operation receives, and replies where the contract has it reply")
    func operations() throws {
        for expected in Channel.all {
            let name = expected.operation.name
            let operation = try #require(document["operations", name])
            #expect(operation["action"]?.string == "receive")
            #expect(operation["channel", "$ref"]?.string == "#/channels/\(name)")
            #expect(operation["description"]?.string == expected.description)
            #expect(operation["bindings", "nats", "queue"]?.string == Contract.queueGroup)
            #expect(operation["messages"]?.references == ["#/channels/\(name)/messages/subscribe.message"])
            let reply = operation["reply"]
            #expect((reply != nil) == (expected.reply != nil))
            guard let reply else { continue }
            #expect(reply["channel", "$ref"]?.string == "#/channels/\(name)")
            #expect(reply["messages"]?.references == ["#/channels/\(name)/messages/reply.message"])
        }
    }

    @Test("The payload schemas are those that requests are held to, member by member")
    func schemas() throws {
        for operation in Operation.allCases {
            let files = ContractSchemas.files(of: operation)
            for (file, kind) in [(files.request, "request"), (files.reply, "reply")] {
                let described = try #require(document["components", "schemas", "\(operation.name).\(kind)"])
                let enforced = try YAMLValue(parsing: file)
                #expect(described.without { $0.hasPrefix("x-") } == enforced.without { $0 == "$schema" })
            }
        }
    }

    @Test("Every reference leads somewhere")
    func references() {
        let references = document.references
        #expect(references.count > 30)
        for reference in references {
            #expect(document.resolve(reference) != nil, "\(reference)")
        }
    }

    @Test("The extensions list what the code can answer")
    func extensions() throws {
        let schemas = try #require(document["components", "schemas"])
        let reasons = schemas["verify_token.additional", "properties", "reason", "enum"]?.sequence.compactMap(\.string)
        #expect(reasons == InvalidReason.allCases.map(\.rawValue))
        let payload = try #require(schemas["verify_token.additional", "properties", "payload", "properties"]?.mapping)
        #expect(Set(payload.keys) == ["jti", "sid", "iat", "exp", "iss"])
        let headers = try #require(schemas["error_headers", "properties"])
        #expect(Set(headers.mapping.keys) == [Contract.errorCodeHeader, Contract.errorTextHeader])
        let codes = headers[Contract.errorCodeHeader, "enum"]?.sequence.compactMap(\.string)
        #expect(codes == ServiceErrorCode.allCases.map { "\($0.rawValue)" })
        #expect(headers[Contract.errorTextHeader, "maxLength"]?.string == "\(ServiceError.maxTextBytes)")
        #expect(document["channels", Contract.publicKeysSubject, "address"]?.string == Contract.publicKeysSubject)
    }
}
