internal import Blacklist
internal import StrictJSON

/// Writes claims sets: always the same members in the same order, so that a pair that is signed again within the grace
/// period comes out byte for byte the same.
struct ClaimsWriter: Sendable {
    /// `{"iss":"…","sub":` with the issuer escaped once and for all.
    private let prefix: [UInt8]

    init(issuer: String) {
        var prefix: [UInt8] = []
        prefix.append(#"{"iss":"#)
        prefix.appendJSONString(Array(issuer.utf8).rawSpan)
        prefix.append(#","sub":"#)
        self.prefix = prefix
    }

    func appendAccess(_ pair: borrowing PairClaims, subject: RawSpan, to bytes: inout [UInt8]) {
        appendCommon(
            subject: subject, issuedAt: pair.issuedAt, expiresAt: pair.successor.accessExpiresAt,
            id: pair.successor.accessID, family: pair.family, to: &bytes)
        bytes.append(UInt8(ascii: "}"))
    }

    func appendRefresh(_ pair: borrowing PairClaims, subject: RawSpan, to bytes: inout [UInt8]) {
        appendCommon(
            subject: subject, issuedAt: pair.issuedAt, expiresAt: pair.successor.refreshExpiresAt,
            id: pair.successor.refreshID, family: pair.family, to: &bytes)
        bytes.append(#","auth_time":"#)
        bytes.appendDecimal(pair.authTime)
        bytes.append(#","gen":"#)
        bytes.appendDecimal(pair.generation)
        bytes.append(#","rev":"#)
        bytes.appendDecimal(pair.revision)
        bytes.append(UInt8(ascii: "}"))
    }

    private func appendCommon(
        subject: RawSpan, issuedAt: Int64, expiresAt: Int64, id: UUIDv7, family: UUIDv7, to bytes: inout [UInt8]
    ) {
        bytes.append(contentsOf: prefix)
        bytes.appendJSONString(subject)
        bytes.append(#","iat":"#)
        bytes.appendDecimal(issuedAt)
        bytes.append(#","exp":"#)
        bytes.appendDecimal(expiresAt)
        bytes.append(#","jti":""#)
        id.appendText(to: &bytes)
        bytes.append(#"","sid":""#)
        family.appendText(to: &bytes)
        bytes.append(UInt8(ascii: "\""))
    }
}

/// All that distinguishes one issued pair from another, but the subject.
struct PairClaims: Equatable, Sendable {
    var family: UUIDv7
    var authTime: Int64
    var issuedAt: Int64
    var generation: Int64
    var revision: UInt64
    var successor: Successor
}
