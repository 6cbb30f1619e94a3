import StrictJSON

/// The protected header of a JWS (RFC 7515 section 4), as far as this service reads it.
struct JOSEHeader {
    /// `nil` when the member is missing.
    private(set) var algorithm: JSONString?
    private(set) var kid: JSONString?
    private(set) var type: JSONString?

    /// The longest encoded header that is read, in characters. This service's own have 120; the limit only keeps the
    /// cost of the slow path down.
    static let maxEncodedLength = 2048

    /// Reads one strict JSON object. Members that are not known are ignored, as RFC 7515 section 4 demands, except
    /// those that would change how the token has to be read or where its key comes from: those are refused, not
    /// ignored, so that nobody ever gets a "valid" for a token that says of itself that it means something else.
    /// `nil` when it is refused.
    static func read(_ scanner: inout JSONScanner) -> JOSEHeader? {
        do throws(JSONError) {
            return try readMembers(&scanner)
        } catch {
            return nil
        }
    }

    private static func readMembers(_ scanner: inout JSONScanner) throws(JSONError) -> JOSEHeader? {
        var header = JOSEHeader()
        try scanner.beginObject()
        while let name = try scanner.nextKey() {
            if scanner.matches(name, "alg") {
                header.algorithm = try scanner.readString()
            } else if scanner.matches(name, "kid") {
                header.kid = try scanner.readString()
            } else if scanner.matches(name, "typ") {
                header.type = try scanner.readString()
            } else if isRefused(name, scanner) {
                return nil
            } else {
                try scanner.skipValue()
            }
        }
        try scanner.finish()
        return header
    }

    /// `crit` and `b64` change what the bytes mean (RFC 7515 section 4.1.11, RFC 7797); the others bring or name a key
    /// (sections 4.1.2, 4.1.3, 4.1.5, 4.1.6), and keys come from the operator only.
    private static func isRefused(_ name: JSONString, _ scanner: borrowing JSONScanner) -> Bool {
        scanner.matches(name, "crit") || scanner.matches(name, "b64") || scanner.matches(name, "jku")
            || scanner.matches(name, "jwk") || scanner.matches(name, "x5u") || scanner.matches(name, "x5c")
    }

    /// The encoded header of the tokens that this service issues.
    static func encoded(algorithm: SignatureAlgorithm, kid: String, type: String) -> [UInt8] {
        var json: [UInt8] = []
        json.append("{\"alg\":")
        json.appendJSONString(Array(algorithm.rawValue.utf8).rawSpan)
        json.append(",\"kid\":")
        json.appendJSONString(Array(kid.utf8).rawSpan)
        json.append(",\"typ\":")
        json.appendJSONString(Array(type.utf8).rawSpan)
        json.append("}")
        var encoded: [UInt8] = []
        Base64URL.encode(json.rawSpan, into: &encoded)
        return encoded
    }
}
