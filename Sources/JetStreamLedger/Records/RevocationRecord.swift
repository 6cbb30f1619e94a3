package import Blacklist
internal import StrictJSON
package import TokenOperations

/// The body of `ledger.revoked.<id>`: `{"kind":"family","exp":1800000000000,"reason":"blacklisted"}`, `exp` in Unix
/// milliseconds. The id is the subject's.
package enum RevocationRecord {
    package static func encode(_ revocation: Revocation) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(96)
        bytes.append(#"{"kind":""#)
        bytes.append(utf8: revocation.kind.rawValue)
        bytes.append(#"","exp":"#)
        bytes.appendDecimal(revocation.expiresAt.milliseconds)
        bytes.append(#","reason":""#)
        bytes.append(utf8: revocation.reason.rawValue)
        bytes.append(#""}"#)
        return bytes
    }

    /// - Throws: for a body that no version of this service has written; members that this version does not know are
    ///   passed over, so that a newer one can add some.
    package static func decode(_ body: RawSpan, id: UUIDv7) throws(RecordError) -> Revocation {
        if let own = decodeOwn(body, id: id) { return own }
        var kind: Revocation.Kind?
        var reason = Revocation.Reason.blacklisted
        var expiresAt: Int64?
        do throws(JSONError) {
            var scanner = JSONScanner(body)
            try scanner.beginObject()
            while let key = try scanner.nextKey() {
                if scanner.matches(key, "kind") {
                    kind = Self.kind(try scanner.readString(), in: scanner)
                } else if scanner.matches(key, "exp") {
                    expiresAt = try scanner.readInteger()
                } else if scanner.matches(key, "reason") {
                    // Only told, never decided by: an unknown one must not lose the revocation.
                    let text = try scanner.readString()
                    reason = scanner.matches(text, "reused") ? .reused : .blacklisted
                } else {
                    try scanner.skipValue()
                }
            }
            try scanner.finish()
        } catch {
            throw RecordError("a revocation's body is not JSON: \(error)")
        }
        guard let kind, let expiresAt else { throw RecordError("a revocation's body has no kind or no expiry") }
        return Revocation(kind: kind, id: id, expiresAt: UnixTime(milliseconds: expiresAt), reason: reason)
    }

    /// A body as `encode` writes it, byte for byte, and nil for any other: a million of them are read at a start, and the
    /// scanner, which looks for whatever else JSON may hold, was a sixth of what the loop did meanwhile.
    private static func decodeOwn(_ body: RawSpan, id: UUIDv7) -> Revocation? {
        let kind: Revocation.Kind
        var position: Int
        if let end = body.end(of: #"{"kind":"family","exp":"#, at: 0) {
            (kind, position) = (.family, end)
        } else if let end = body.end(of: #"{"kind":"access_token","exp":"#, at: 0) {
            (kind, position) = (.accessToken, end)
        } else {
            return nil
        }
        let digits = position
        var expiresAt: Int64 = 0
        while position < body.byteCount, case let digit = body[position] &- UInt8(ascii: "0"), digit < 10 {
            expiresAt = expiresAt &* 10 &+ Int64(digit)
            position += 1
        }
        // A leading zero is no JSON; more digits than fit for certain are the scanner's.
        guard digits < position, position - digits <= 18, body[digits] != UInt8(ascii: "0") else { return nil }
        let reason: Revocation.Reason
        if body.end(of: #","reason":"blacklisted"}"#, at: position) == body.byteCount {
            reason = .blacklisted
        } else if body.end(of: #","reason":"reused"}"#, at: position) == body.byteCount {
            reason = .reused
        } else {
            return nil
        }
        return Revocation(kind: kind, id: id, expiresAt: UnixTime(milliseconds: expiresAt), reason: reason)
    }

    private static func kind(_ text: JSONString, in scanner: borrowing JSONScanner) -> Revocation.Kind? {
        if scanner.matches(text, "family") { return .family }
        if scanner.matches(text, "access_token") { return .accessToken }
        return nil
    }
}

extension RawSpan {
    /// What comes behind these bytes, when they stand here.
    fileprivate func end(of literal: StaticString, at offset: Int) -> Int? {
        let end = offset + literal.utf8CodeUnitCount
        return end <= byteCount && extracting(offset..<end).equals(literal.rawSpan) ? end : nil
    }
}

/// A record in the stream that this service cannot have written.
package struct RecordError: Error, Equatable, CustomStringConvertible {
    package let description: String

    init(_ description: String) {
        self.description = description
    }
}
