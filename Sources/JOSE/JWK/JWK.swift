import StrictJSON

/// One JSON Web Key as it was read (RFC 7517 section 4): the texts of its members, not yet judged.
///
/// The texts lie in memory that is wiped, because some of them are keys; that is also why this is no `Codable` type.
/// Members that this service does not know are ignored, as RFC 7517 demands.
struct JWK {
    /// What a `key_ops` holds (RFC 7517 section 4.3).
    struct Operations {
        var sign = false
        var verify = false
        var other = false
    }

    private var texts: [JWKMember: SecretBytes] = [:]
    /// The first member that should have been a string and was not.
    private(set) var wrongKind: String?
    private(set) var operations: Operations?
    private(set) var hasOtherPrimes = false

    /// Reads the object that comes next.
    init(_ scanner: inout JSONScanner) throws(JSONError) {
        try scanner.beginObject()
        while let name = try scanner.nextKey() {
            if let member = JWKMember(name, scanner) {
                try readText(member, &scanner)
            } else if scanner.matches(name, "key_ops") {
                try readOperations(&scanner)
            } else {
                hasOtherPrimes = hasOtherPrimes || scanner.matches(name, "oth")
                try scanner.skipValue()
            }
        }
    }

    private mutating func readText(_ member: JWKMember, _ scanner: inout JSONScanner) throws(JSONError) {
        guard try scanner.peek() == .string else {
            wrongKind = wrongKind ?? member.rawValue
            return try scanner.skipValue()
        }
        let string = try scanner.readString()
        // Unescaping never makes a string longer, so the array does not grow and leaves no copies behind.
        var text: [UInt8] = []
        text.reserveCapacity(string.end - string.start)
        scanner.unescape(string, into: &text)
        texts[member] = SecretBytes(wiping: &text)
    }

    private mutating func readOperations(_ scanner: inout JSONScanner) throws(JSONError) {
        var read = Operations()
        guard try scanner.peek() == .array else {
            operations = Operations(other: true)
            return try scanner.skipValue()
        }
        try scanner.beginArray()
        while try scanner.nextElement() {
            guard try scanner.peek() == .string else {
                read.other = true
                try scanner.skipValue()
                continue
            }
            let name = try scanner.readString()
            if scanner.matches(name, "sign") {
                read.sign = true
            } else if scanner.matches(name, "verify") {
                read.verify = true
            } else {
                read.other = true
            }
        }
        operations = read
    }

    func has(_ member: JWKMember) -> Bool { texts[member] != nil }

    /// Whether the member is there and has this text.
    func has(_ member: JWKMember, _ text: String) -> Bool {
        texts[member].map { $0.bytes.equals(Array(text.utf8).rawSpan) } ?? false
    }

    /// The bytes that the member writes in base64url.
    func bytes(_ member: JWKMember, length: Int? = nil) throws(KeyProblem) -> SecretBytes {
        guard let text = texts[member] else { throw .missing(member.rawValue) }
        var decoded: [UInt8] = []
        decoded.reserveCapacity(Base64URL.decodedLength(text.count))
        guard Base64URL.decode(text.bytes, into: &decoded) else { throw .notBase64URL(member.rawValue) }
        let bytes = SecretBytes(wiping: &decoded)
        if let length, bytes.count != length {
            throw .wrongLength(member.rawValue, bytes: bytes.count, expected: length)
        }
        return bytes
    }

    /// A number without leading zeros (RFC 7518 section 2, Base64urlUInt).
    func number(_ member: JWKMember) throws(KeyProblem) -> SecretBytes {
        let bytes = try bytes(member)
        guard bytes.count > 0, bytes.bytes[0] != 0 else { throw .notMinimal(member.rawValue) }
        return bytes
    }
}
