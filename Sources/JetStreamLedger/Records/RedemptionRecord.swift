package import Blacklist
internal import StrictJSON
package import TokenOperations

/// The body of `ledger.redeemed.<family>`: all that is needed to sign the successor pair again.
///
/// `{"gen":0,"jti":"…","at":ms,"exp":ms,"next":{"access_jti":"…","refresh_jti":"…","access_exp":s,"refresh_exp":s}}`:
/// generation and id of the token that was redeemed, when, until when the record matters, and its successors.
package enum RedemptionRecord {
    package static func encode(_ redemption: Redemption) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(320)
        bytes.append(#"{"gen":"#)
        bytes.appendDecimal(redemption.generation)
        bytes.append(#","jti":""#)
        redemption.tokenID.appendText(to: &bytes)
        bytes.append(#"","at":"#)
        bytes.appendDecimal(redemption.redeemedAt.milliseconds)
        bytes.append(#","exp":"#)
        bytes.appendDecimal(redemption.expiresAt.milliseconds)
        bytes.append(#","next":{"access_jti":""#)
        redemption.successor.accessID.appendText(to: &bytes)
        bytes.append(#"","refresh_jti":""#)
        redemption.successor.refreshID.appendText(to: &bytes)
        bytes.append(#"","access_exp":"#)
        bytes.appendDecimal(redemption.successor.accessExpiresAt)
        bytes.append(#","refresh_exp":"#)
        bytes.appendDecimal(redemption.successor.refreshExpiresAt)
        bytes.append("}}")
        return bytes
    }

    /// `expectedRevision` of the result is 0: a record does not say what it replaced, and nobody asks.
    package static func decode(_ body: RawSpan, family: UUIDv7) throws(RecordError) -> Redemption {
        var members = Members()
        do throws(JSONError) {
            var scanner = JSONScanner(body)
            try members.read(&scanner)
            try scanner.finish()
        } catch {
            throw RecordError("a redemption's body is not JSON: \(error)")
        }
        guard let generation = members.generation, let tokenID = members.tokenID, let redeemedAt = members.redeemedAt,
            let expiresAt = members.expiresAt, let accessID = members.accessID, let refreshID = members.refreshID,
            let accessExpiresAt = members.accessExpiresAt, let refreshExpiresAt = members.refreshExpiresAt
        else { throw RecordError("a redemption's body lacks a member") }
        return Redemption(
            family: family, expectedRevision: 0, generation: generation, tokenID: tokenID,
            redeemedAt: UnixTime(milliseconds: redeemedAt),
            successor: Successor(
                accessID: accessID, refreshID: refreshID, accessExpiresAt: accessExpiresAt,
                refreshExpiresAt: refreshExpiresAt),
            expiresAt: UnixTime(milliseconds: expiresAt))
    }

    private struct Members {
        var generation: Int64?
        var tokenID: UUIDv7?
        var redeemedAt: Int64?
        var expiresAt: Int64?
        var accessID: UUIDv7?
        var refreshID: UUIDv7?
        var accessExpiresAt: Int64?
        var refreshExpiresAt: Int64?

        mutating func read(_ scanner: inout JSONScanner) throws(JSONError) {
            try scanner.beginObject()
            while let key = try scanner.nextKey() {
                if scanner.matches(key, "gen") {
                    generation = try scanner.readInteger()
                } else if scanner.matches(key, "jti") {
                    tokenID = UUIDv7(text: scanner.bytes(try scanner.readString()))
                } else if scanner.matches(key, "at") {
                    redeemedAt = try scanner.readInteger()
                } else if scanner.matches(key, "exp") {
                    expiresAt = try scanner.readInteger()
                } else if scanner.matches(key, "next") {
                    try readSuccessor(&scanner)
                } else {
                    try scanner.skipValue()
                }
            }
        }

        private mutating func readSuccessor(_ scanner: inout JSONScanner) throws(JSONError) {
            try scanner.beginObject()
            while let key = try scanner.nextKey() {
                if scanner.matches(key, "access_jti") {
                    accessID = UUIDv7(text: scanner.bytes(try scanner.readString()))
                } else if scanner.matches(key, "refresh_jti") {
                    refreshID = UUIDv7(text: scanner.bytes(try scanner.readString()))
                } else if scanner.matches(key, "access_exp") {
                    accessExpiresAt = try scanner.readInteger()
                } else if scanner.matches(key, "refresh_exp") {
                    refreshExpiresAt = try scanner.readInteger()
                } else {
                    try scanner.skipValue()
                }
            }
        }
    }
}
