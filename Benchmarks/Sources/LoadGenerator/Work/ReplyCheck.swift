/// Whether a reply is what was asked for. Each member is `nil` when it is, otherwise what is wrong with it.
enum ReplyCheck {
    private static let valid = Array(#"{"valid":true"#.utf8)
    private static let errorCode = Array("Nats-Service-Error-Code:".utf8)
    private static let nobody = Array("NATS/1.0 503".utf8)

    static func isValid(_ reply: RawSpan) -> Bool { reply.hasPrefix(valid) }

    /// The whole reply as this service writes it.
    static func refusal(_ reason: String) -> [UInt8] { Array(#"{"valid":false,"reason":"\#(reason)"}"#.utf8) }

    /// The first reply about a token is read as JSON and compared claim by claim.
    static func problem(ofVerdict reply: RawSpan, about token: [UInt8]) -> String? {
        guard let verdict = Verdict(reply: reply) else { return "verify's reply is not JSON of its schema" }
        guard verdict.valid, let payload = verdict.payload else { return "not valid: \(verdict.reason ?? "no reason")" }
        guard let claims = TokenClaims(token: token) else { return "the token cannot be read" }
        let told = [payload.id, payload.jti, payload.sid, payload.iss, "\(payload.iat)", "\(payload.exp)"]
        let expected = [claims.sub, claims.jti, claims.sid, claims.iss, "\(claims.iat)", "\(claims.exp)"]
        return told == expected ? nil : "verify's payload is not the token's"
    }

    static func problem(ofRefused reply: RawSpan, reason: String) -> String? {
        guard let verdict = Verdict(reply: reply) else { return "verify's reply is not JSON of its schema" }
        if verdict.reason == reason && !verdict.valid { return nil }
        if verdict.valid { return "valid, expected \(reason)" }
        return "\(verdict.reason ?? "no reason"), expected \(reason)"
    }

    /// What is wrong with the reply of a service that has too much to do.
    static let unavailable = "error 503"

    /// A reply with headers is an error of the service, or the server's word that nobody listens.
    static func problem(ofHeaders headers: RawSpan) -> String {
        if headers.hasPrefix(nobody) { return "no responders" }
        guard let at = headers.offset(of: errorCode) else { return "a reply with unknown headers" }
        let rest = headers.extracting(droppingFirst: at + errorCode.count).text
        let code = rest.prefix { $0 != "\r" && $0 != "\r\n" }.filter(\.isNumber)
        return "error \(code)"
    }
}
