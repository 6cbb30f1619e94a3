internal import FoundationEssentials

/// verify's reply, read whole.
struct Verdict: Decodable {
    var valid: Bool
    var reason: String?
    var payload: Payload?

    struct Payload: Decodable {
        var id: String
        var jti: String
        var sid: String
        var iat: Int
        var exp: Int
        var iss: String
    }

    init?(reply: RawSpan) {
        guard let verdict = try? JSONDecoder().decode(Verdict.self, from: Data(reply.array)) else { return nil }
        self = verdict
    }
}
