internal import FoundationEssentials

/// What a nats-server says when a client connects, as far as it matters to who reads a report.
package struct ServerInformation: Sendable {
    package let version: String
    package let name: String
    let needsTLS: Bool
    package let maxPayload: Int

    private struct Fields: Decodable {
        var version: String?
        var server_name: String?
        var tls_required: Bool?
        var max_payload: Int?
    }

    init(json: String, of address: ServerAddress) throws(LoadError) {
        guard let fields = try? JSONDecoder().decode(Fields.self, from: Data(json.utf8)) else {
            throw LoadError("\(address.description) is not a nats-server")
        }
        version = fields.version ?? "unknown"
        name = fields.server_name ?? ""
        needsTLS = fields.tls_required ?? false
        maxPayload = fields.max_payload ?? 1_048_576
        if needsTLS { throw LoadError("\(address.description) wants TLS, which token-bench does not speak") }
    }
}
