import StrictJSON

extension KeySet {
    /// Reads a JWK Set (RFC 7517 section 5), private members and all, strictly: a set with one bad key is refused
    /// whole.
    ///
    /// Stricter than the RFC where a file of ours has no reason to differ: a key that is not understood is an error
    /// and not ignored, a `kid` must be the thumbprint, and private parts must belong to their public parts. The
    /// caller wipes the text it gives; what is kept of it here is wiped.
    package init(json: RawSpan) throws(KeySetError) {
        let jwks: [JWK]?
        do throws(JSONError) {
            jwks = try Self.readKeys(json)
        } catch {
            throw KeySetError(.notJSON(error))
        }
        guard let jwks else { throw KeySetError(.noKeysMember) }
        guard jwks.count <= Self.maxKeys else { throw KeySetError(.tooManyKeys(limit: Self.maxKeys)) }
        var keys: [Key] = []
        for (index, jwk) in jwks.enumerated() {
            do throws(KeyProblem) {
                keys.append(try Key.read(jwk))
            } catch {
                throw KeySetError(error, index: index)
            }
        }
        try self.init(keys: keys)
    }

    /// `nil` when the value is no object with an array `keys`.
    private static func readKeys(_ json: RawSpan) throws(JSONError) -> [JWK]? {
        var scanner = JSONScanner(json)
        guard try scanner.peek() == .object else {
            try scanner.skipValue()
            try scanner.finish()
            return nil
        }
        var keys: [JWK]?
        try scanner.beginObject()
        while let name = try scanner.nextKey() {
            guard scanner.matches(name, "keys"), try scanner.peek() == .array else {
                try scanner.skipValue()
                continue
            }
            var read: [JWK] = []
            try scanner.beginArray()
            while try scanner.nextElement() { read.append(try JWK(&scanner)) }
            keys = read
        }
        try scanner.finish()
        return keys
    }
}
