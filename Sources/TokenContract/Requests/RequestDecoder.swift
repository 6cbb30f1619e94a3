internal import StrictJSON

/// Turns a request's bytes into its fields, or into the refusal that its caller gets.
///
/// Promises. What it accepts is strict JSON, satisfies the operation's request schema and lies within the limits.
/// Refusals come in one order, so that the same request always gets the same one: over the request limit (413, before
/// a byte is read), malformed JSON anywhere in it (400), the first violation of the schema (400), an empty id (400), a
/// part over its limit (413). No refusal repeats a value; the name of a property that does not belong is repeated only
/// when it is short and plain.
///
/// Threads. One a request loop: it holds the scratch that escaped strings are unescaped into, and the fields of the
/// last request.
///
/// Cost. One pass over the bytes, no allocation when the request is accepted. The schemas are compiled once; a
/// value is a span into the request itself, or into the scratch when it was spelled with escapes.
package struct RequestDecoder: ~Copyable {
    package let limits: RequestLimits
    private let schemas: ContractSchemas
    private var values = FieldValues()
    private var scratch: [UInt8] = []

    /// - Throws: `SchemaError` when an embedded schema asks for something that the validator does not enforce.
    package init(limits: RequestLimits = .default) throws(SchemaError) {
        self.limits = limits
        schemas = try ContractSchemas()
        scratch.reserveCapacity(limits.maxRequestBytes)
    }

    /// Reads the request. On success `value(_:in:)` gives its fields, until the next call; after a refusal it gives
    /// none.
    package mutating func decode(_ operation: Operation, _ body: RawSpan) throws(ServiceError) {
        values = FieldValues()
        guard body.byteCount <= limits.maxRequestBytes else {
            throw ServiceError(.tooLarge, "the request is larger than \(limits.maxRequestBytes) bytes")
        }
        do throws(ServiceError) {
            try schemas.checkRequest(body, of: operation, noting: &values)
            if !scratch.isEmpty { scratch.removeAll(keepingCapacity: true) }
            values.unescape(in: body, into: &scratch)
            try checkLimits()
        } catch {
            values = FieldValues()
            throw error
        }
    }

    /// A field of the request that was read last, unescaped; nil when the request does not have it. `body` has to be
    /// the request that was decoded.
    @_lifetime(borrow self, copy body)
    package func value(_ field: Field, in body: RawSpan) -> RawSpan? {
        let location = values[field]
        return switch location.state {
        case .absent, .escaped: nil
        case .plain: body.extracting(location.start..<location.end)
        case .inScratch: scratch.rawSpan.extracting(location.start..<location.end)
        }
    }

    private func checkLimits() throws(ServiceError) {
        let id = values[.id]
        guard id.state == .absent || id.byteCount > 0 else {
            throw ServiceError(.badRequest, "schema: 'id' must not be empty")
        }
        try check(.id, limit: limits.maxIDBytes)
        try check(.accessToken, limit: limits.maxTokenBytes)
        try check(.refreshToken, limit: limits.maxTokenBytes)
    }

    private func check(_ field: Field, limit: Int) throws(ServiceError) {
        guard values[field].byteCount <= limit else {
            throw ServiceError(.tooLarge, "'\(field.name)' is larger than \(limit) bytes")
        }
    }
}
