import StrictJSON

/// Checks compact JWSs of one type against a key set (RFC 7515 section 5.2), for one thread.
///
/// Promises. The key is the one that the token's `kid` names, the algorithm is the key's and never the token's choice,
/// the type is the one that this verifier was made for, and every byte of the token had exactly one way to be written.
/// No token makes it trap, and it remembers nothing of a refused one.
///
/// Cost. A token that this service issued carries one of a handful of headers, which are known in advance: its header
/// is compared byte for byte and not parsed. Others take the slow path, through the strict JSON scanner. Neither
/// allocates here once the scratch buffers have grown to the size of the largest token; what OpenSSL allocates is
/// said at its contexts.
///
/// A loop makes one for each type that it reads (access tokens, refresh tokens), from the same `KeySet`. Chosen over a
/// type given with each call: a verifier then cannot be asked for the wrong one, and all headers are known at `init`.
package struct Verifier: ~Copyable {
    /// Which of the set's keys the last accepted token was signed with; `nil` after a refusal. A place and not the key: that
    /// has references to be counted, for every token.
    package private(set) var keyIndex: Int?
    /// That key.
    package var key: Key? { keyIndex.map { entries[$0].key } }

    private let entries: [Entry]
    /// In lower case, without `application/`.
    private let type: [UInt8]
    private var header: [UInt8] = []
    private var signature: [UInt8] = []
    private var decodedPayload: [UInt8] = []

    /// One key with what this thread keeps for it. A class, because an array cannot hold values that are not copyable.
    private final class Entry {
        let key: Key
        let kid: [UInt8]
        /// The encoded header of the tokens that this service issues with this key.
        let encodedHeader: [UInt8]
        /// Whether this verifier may use the key at all.
        let isAllowed: Bool
        var context: VerificationContext

        init(_ key: Key, type: String, isAllowed: Bool) throws(JOSEError) {
            self.key = key
            self.isAllowed = isAllowed
            kid = Array(key.kid.utf8)
            encodedHeader = JOSEHeader.encoded(algorithm: key.algorithm, kid: key.kid, type: type)
            context = try VerificationContext(key: key)
        }
    }

    /// - Parameters:
    ///   - type: what `typ` must be, such as `at+jwt`; see `MediaType`.
    ///   - algorithms: which keys of the set may be used. A token that names another one is refused as
    ///     `unsupportedAlgorithm`.
    package init(
        keys: KeySet, type: String, algorithms: [SignatureAlgorithm] = SignatureAlgorithm.allCases
    ) throws(JOSEError) {
        var entries: [Entry] = []
        for key in keys.keys {
            entries.append(try Entry(key, type: type, isAllowed: algorithms.contains(key.algorithm)))
        }
        self.entries = entries
        self.type = MediaType.normalised(type)
    }

    /// The payload of the last accepted token; empty after a refusal.
    package var payload: RawSpan {
        @_lifetime(borrow self)
        get { decodedPayload.rawSpan }
    }

    /// Returns when `token` is good; `payload` and `key` are its own then. Otherwise throws the first rejection that
    /// applies, in the order of `JWSRejection`'s cases, except that the payload is decoded last, after the signature
    /// was found good.
    package mutating func verify(_ token: RawSpan) throws(JWSRejection) {
        keyIndex = nil
        decodedPayload.removeAll(keepingCapacity: true)
        guard let parts = CompactSerialization(token) else { throw .malformed }
        let index = try findKey(token.extracting(parts.header))

        signature.removeAll(keepingCapacity: true)
        guard Base64URL.decode(token.extracting(parts.signature), into: &signature) else { throw .malformed }
        guard entries[index].context.verify(signature.rawSpan, of: token.extracting(parts.signingInput)) else {
            throw .badSignature
        }
        guard Base64URL.decode(token.extracting(parts.payload), into: &decodedPayload) else { throw .malformed }
        keyIndex = index
    }

    private mutating func findKey(_ encoded: RawSpan) throws(JWSRejection) -> Int {
        for index in entries.indices where entries[index].isAllowed {
            let expected = entries[index].encodedHeader
            if expected.rawSpan.equals(encoded) { return index }
        }
        guard encoded.byteCount <= JOSEHeader.maxEncodedLength else { throw .malformed }
        header.removeAll(keepingCapacity: true)
        guard Base64URL.decode(encoded, into: &header) else { throw .malformed }
        return try findKeyByParsing()
    }

    private borrowing func findKeyByParsing() throws(JWSRejection) -> Int {
        var scanner = JSONScanner(header.rawSpan)
        guard let members = JOSEHeader.read(&scanner), let algorithmName = members.algorithm else { throw .malformed }
        guard let algorithm = SignatureAlgorithm(algorithmName, scanner) else { throw .unsupportedAlgorithm }
        guard let kid = members.kid, let index = findKey(named: kid, scanner) else { throw .unknownKey }
        guard entries[index].key.algorithm == algorithm else { throw .unsupportedAlgorithm }
        guard let typeName = members.type, MediaType.matches(typeName, type, scanner) else { throw .wrongType }
        guard entries[index].isAllowed else { throw .unsupportedAlgorithm }
        return index
    }

    private borrowing func findKey(named name: JSONString, _ scanner: borrowing JSONScanner) -> Int? {
        for index in entries.indices {
            let kid = entries[index].kid
            if scanner.matches(name, kid.rawSpan) { return index }
        }
        return nil
    }
}

extension SignatureAlgorithm {
    /// The algorithm of that name; names are case-sensitive (RFC 7515 section 4.1.1).
    fileprivate init?(_ name: JSONString, _ scanner: borrowing JSONScanner) {
        if scanner.matches(name, "EdDSA") {
            self = .edDSA
        } else if scanner.matches(name, "ES256") {
            self = .es256
        } else if scanner.matches(name, "RS256") {
            self = .rs256
        } else if scanner.matches(name, "HS256") {
            self = .hs256
        } else {
            return nil
        }
    }
}
