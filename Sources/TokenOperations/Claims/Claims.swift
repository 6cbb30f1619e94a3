internal import Blacklist
internal import StrictJSON

/// The claims of a token whose signature was found good, as places in its payload's text.
///
/// Trivial: reading them allocates nothing. The names are those of RFC 7519, section 4.1, and of RFC 9068 where it has
/// them; `sid` names the family, `gen` and `rev` are this service's own.
struct Claims {
    var issuer: JSONString?
    var subject: JSONString
    var issuedAt: Int64
    var expiresAt: Int64
    var notBefore: Int64?
    var id: UUIDv7
    var family: UUIDv7
    /// Where the two are spelled; there is one spelling, so they can be passed on as they stand.
    var idText: JSONString
    var familyText: JSONString
    /// Refresh tokens only: when the family began.
    var authTime: Int64?
    /// Refresh tokens only: how often the family was refreshed before this token was issued.
    var generation: Int64?
    /// Refresh tokens only: the revision of the family's last ledger record at issue.
    var revision: UInt64?
    /// Whether the members stand in the text as `ClaimsWriter` writes an access token's; see `WrittenClaims`.
    var isAsWritten = false

    /// Reads the payload. Claims that this service does not know are passed over, as RFC 7519, section 4, demands.
    init(payload: RawSpan) throws(ClaimsError) {
        var builder = Builder()
        do throws(JSONError) {
            var scanner = JSONScanner(payload)
            try scanner.beginObject()
            while let key = try scanner.nextKey() {
                try builder.read(key, from: &scanner, in: payload)
            }
            try scanner.finish()
        } catch {
            throw ClaimsError.malformed
        }
        guard let subject = builder.subject, subject.end > subject.start,
            let issuedAt = builder.issuedAt, let expiresAt = builder.expiresAt,
            let id = builder.id, let family = builder.family,
            let idText = builder.idText, let familyText = builder.familyText
        else { throw .malformed }
        issuer = builder.issuer
        self.subject = subject
        self.issuedAt = issuedAt
        self.expiresAt = expiresAt
        notBefore = builder.notBefore
        self.id = id
        self.family = family
        self.idText = idText
        self.familyText = familyText
        authTime = builder.authTime
        generation = builder.generation
        if let revision = builder.revision {
            guard let revision = UInt64(exactly: revision) else { throw .malformed }
            self.revision = revision
        }
    }

    private struct Builder {
        var issuer: JSONString?
        var subject: JSONString?
        var issuedAt: Int64?
        var expiresAt: Int64?
        var notBefore: Int64?
        var id: UUIDv7?
        var family: UUIDv7?
        var idText: JSONString?
        var familyText: JSONString?
        var authTime: Int64?
        var generation: Int64?
        var revision: Int64?

        mutating func read(_ key: JSONString, from scanner: inout JSONScanner, in payload: RawSpan) throws(JSONError) {
            if scanner.matches(key, "iss") {
                issuer = try scanner.readString()
            } else if scanner.matches(key, "sub") {
                subject = try scanner.readString()
            } else if scanner.matches(key, "iat") {
                issuedAt = try scanner.readInteger()
            } else if scanner.matches(key, "exp") {
                expiresAt = try scanner.readInteger()
            } else if scanner.matches(key, "nbf") {
                notBefore = try scanner.readInteger()
            } else if scanner.matches(key, "jti") {
                let text = try scanner.readString()
                idText = text
                id = UUIDv7(text: scanner.bytes(text))
            } else if scanner.matches(key, "sid") {
                let text = try scanner.readString()
                familyText = text
                family = UUIDv7(text: scanner.bytes(text))
            } else if scanner.matches(key, "auth_time") {
                authTime = try scanner.readInteger()
            } else if scanner.matches(key, "gen") {
                generation = try scanner.readInteger()
            } else if scanner.matches(key, "rev") {
                revision = try scanner.readInteger()
            } else {
                try scanner.skipValue()
            }
        }
    }
}

/// A signed payload that is not a claims set of this service.
enum ClaimsError: Error {
    case malformed
}
