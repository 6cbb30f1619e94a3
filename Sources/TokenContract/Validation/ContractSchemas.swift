internal import StrictJSON

/// The contract's eight schemas, compiled: a request and a reply for each operation.
///
/// Requests are held to theirs by the `RequestDecoder`. Replies are made to satisfy theirs, so at run time nobody
/// checks them again; the check is here for tests and for callers' tools, and it is the same one.
package struct ContractSchemas: Sendable {
    private let schemas: CompiledSchemas
    private let requests: InlineArray<4, CompiledSchemas.Root>
    private let replies: InlineArray<4, CompiledSchemas.Root>

    /// - Parameter files: where the schemas come from; the embedded ones, except in tests.
    package init(files: (Operation) -> (request: [UInt8], reply: [UInt8]) = Self.files(of:)) throws(SchemaError) {
        var compiler = SchemaCompiler()
        var requests = InlineArray<4, CompiledSchemas.Root>(repeating: CompiledSchemas.Root(node: 0))
        var replies = requests
        assert(requests.count == Operation.allCases.count)
        for operation in Operation.allCases {
            let (request, reply) = files(operation)
            let index = operation.rawValue
            requests[index] = try compiler.add(request, file: "\(operation.name).request", fields: Field.allCases)
            replies[index] = try compiler.add(reply, file: "\(operation.name).reply")
        }
        schemas = compiler.schemas
        self.requests = requests
        self.replies = replies
    }

    /// The embedded files, as they were written.
    package static func files(of operation: Operation) -> (request: [UInt8], reply: [UInt8]) {
        switch operation {
        case .generateTokens:
            (PackageResources.generate_tokens_request_json, PackageResources.generate_tokens_reply_json)
        case .verifyToken:
            (PackageResources.verify_token_request_json, PackageResources.verify_token_reply_json)
        case .refreshTokens:
            (PackageResources.refresh_tokens_request_json, PackageResources.refresh_tokens_reply_json)
        case .blacklistTokens:
            (PackageResources.blacklist_tokens_request_json, PackageResources.blacklist_tokens_reply_json)
        }
    }

    /// What is wrong with a reply's body; nil when it is JSON that satisfies the operation's reply schema.
    package func problem(inReply body: RawSpan, of operation: Operation) -> String? {
        var values = FieldValues()
        do throws(ServiceError) {
            try check(body, called: "the reply", against: replies[operation.rawValue], noting: &values)
            return nil
        } catch {
            return error.text
        }
    }

    /// Holds a request against its schema and notes where its fields are.
    func checkRequest(_ body: RawSpan, of operation: Operation, noting values: inout FieldValues) throws(ServiceError) {
        try check(body, called: "the request", against: requests[operation.rawValue], noting: &values)
    }

    private func check(
        _ body: RawSpan,
        called name: String,
        against root: CompiledSchemas.Root,
        noting values: inout FieldValues
    ) throws(ServiceError) {
        let violation: SchemaViolation?
        do throws(JSONError) {
            var scanner = JSONScanner(body)
            violation = try schemas.check(&scanner, against: root, noting: &values)
            try scanner.finish()
        } catch {
            throw ServiceError(.badRequest, "malformed JSON: \(error)")
        }
        if let violation {
            throw ServiceError(.badRequest, "schema: \(violation.text(schemas, of: body, whole: name))")
        }
    }
}
