internal import FoundationEssentials

/// What a nats-server says when a client connects, as far as it matters to who reads a report.
package struct ServerInformation: Sendable {
    package let version: String
    package let name: String
    let needsTLS: Bool
    let offersTLS: Bool
    /// What a user with an NKey is to sign.
    let nonce: String
    package let maxPayload: Int

    private struct Fields: Decodable {
        var version: String?
        var server_name: String?
        var tls_required: Bool?
        var tls_available: Bool?
        var nonce: String?
        var max_payload: Int?
    }

    init(json: String, of address: ServerAddress) throws(LoadError) {
        guard let fields = try? JSONDecoder().decode(Fields.self, from: Data(json.utf8)) else {
            throw LoadError("\(address.description) is not a nats-server")
        }
        version = fields.version ?? "unknown"
        name = fields.server_name ?? ""
        needsTLS = fields.tls_required ?? false
        offersTLS = needsTLS || fields.tls_available ?? false
        nonce = fields.nonce ?? ""
        maxPayload = fields.max_payload ?? 1_048_576
    }
}
