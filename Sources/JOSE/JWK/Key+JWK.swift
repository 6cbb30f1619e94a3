import StrictJSON

/// From a JWK to a key that can be trusted to do what it says: each step refuses with a reason that names the member.
extension Key {
    /// HMAC secrets, in bytes. At least as long as the hash (RFC 7518 section 3.2); the upper end only catches files
    /// that hold something else.
    package static let secretLengths = 32...512
    /// RSA moduli, in bits. RFC 7518 section 3.3 demands 2048; the cost of a signature grows with the cube of the
    /// length, and with 7,680 bits it is 29 ms already.
    package static let modulusSizes = 2048...8192

    static func read(_ jwk: JWK) throws(KeyProblem) -> Key {
        if let member = jwk.wrongKind { throw .notAString(member) }
        guard jwk.has(.kty) else { throw .missing("kty") }
        let (algorithm, isPrivate, material) = try Self.material(jwk)
        try Self.checkPurpose(of: jwk, algorithm: algorithm, isPrivate: isPrivate)
        let thumbprint = try unlessOpenSSLFails { () throws(JOSEError) in try Self.thumbprint(algorithm, material) }
        guard !jwk.has(.kid) || jwk.has(.kid, thumbprint) else { throw .wrongThumbprint(expected: thumbprint) }
        return Key(kid: thumbprint, algorithm: algorithm, canSign: isPrivate, material: material)
    }

    static func thumbprint(_ algorithm: SignatureAlgorithm, _ material: Material) throws(JOSEError) -> String {
        var members = try KeyMembers(algorithm: algorithm, material: material)
        defer { members.wipe() }
        return try members.thumbprint()
    }

    private typealias Parts = (SignatureAlgorithm, isPrivate: Bool, Material)

    private static func material(_ jwk: JWK) throws(KeyProblem) -> Parts {
        if jwk.has(.kty, "OKP") { return try ed25519(jwk) }
        if jwk.has(.kty, "EC") { return try p256(jwk) }
        if jwk.has(.kty, "RSA") { return try rsa(jwk) }
        if jwk.has(.kty, "oct") { return try secret(jwk) }
        throw .unsupportedKeyType
    }

    /// `alg`, `use` and `key_ops` are optional; when they are there, they must agree with what the key is for.
    private static func checkPurpose(
        of jwk: JWK, algorithm: SignatureAlgorithm, isPrivate: Bool
    ) throws(KeyProblem) {
        guard !jwk.has(.alg) || jwk.has(.alg, algorithm.rawValue) else { throw .wrongAlgorithm(expected: algorithm) }
        guard !jwk.has(.use) || jwk.has(.use, "sig") else { throw .wrongUse }
        if let operations = jwk.operations {
            guard operations.verify, operations.sign == isPrivate, !operations.other else { throw .wrongOperations }
        }
    }

    private static func ed25519(_ jwk: JWK) throws(KeyProblem) -> Parts {
        guard jwk.has(.crv, "Ed25519") else { throw .unsupportedCurve("Ed25519") }
        let x = try jwk.bytes(.x, length: EVPKey.ed25519Length)
        guard jwk.has(.d) else {
            let key = try sound(.publicPart, or: .notSound) { () throws(JOSEError) in
                try EVPKey.ed25519(publicKey: x.bytes)
            }
            return (.edDSA, false, .asymmetric(key))
        }
        let d = try jwk.bytes(.d, length: EVPKey.ed25519Length)
        // OpenSSL computes the public part from the private one.
        let key = try unlessOpenSSLFails { () throws(JOSEError) in try EVPKey.ed25519(privateKey: d.bytes) }
        let computed = try unlessOpenSSLFails { () throws(JOSEError) in try key.ed25519PublicKey() }
        guard computed.rawSpan.equals(x.bytes) else { throw .notAPair }
        return (.edDSA, true, .asymmetric(key))
    }

    private static func p256(_ jwk: JWK) throws(KeyProblem) -> Parts {
        guard jwk.has(.crv, "P-256") else { throw .unsupportedCurve("P-256") }
        let x = try jwk.bytes(.x, length: EVPKey.p256Length)
        let y = try jwk.bytes(.y, length: EVPKey.p256Length)
        let publicKey = try sound(.publicPart, or: .notSound) { () throws(JOSEError) in
            try EVPKey.p256(x: x.bytes, y: y.bytes, privateKey: nil)
        }
        guard jwk.has(.d) else { return (.es256, false, .asymmetric(publicKey)) }
        let d = try jwk.bytes(.d, length: EVPKey.p256Length)
        let key = try sound(.pair, or: .notAPair) { () throws(JOSEError) in
            try EVPKey.p256(x: x.bytes, y: y.bytes, privateKey: d)
        }
        return (.es256, true, .asymmetric(key))
    }

    private static func rsa(_ jwk: JWK) throws(KeyProblem) -> Parts {
        guard !jwk.hasOtherPrimes else { throw .multiPrime }
        let n = try jwk.number(.n)
        let e = try jwk.number(.e)
        guard isPossibleExponent(e.bytes) else { throw .exponent }
        // Before OpenSSL sees the number: what its checks cost grows with the cube of the length.
        let bits = n.count * 8 - n.bytes[0].leadingZeroBitCount
        guard modulusSizes.contains(bits) else { throw .modulusSize(bits: bits, limits: modulusSizes) }
        let publicKey = try sound(.publicPart, or: .notSound) { () throws(JOSEError) in
            try EVPKey.rsa(n: n.bytes, e: e.bytes, privateNumbers: nil)
        }
        let privateMembers: [JWKMember] = [.d, .p, .q, .dp, .dq, .qi]
        guard privateMembers.contains(where: jwk.has) else { return (.rs256, false, .asymmetric(publicKey)) }
        let numbers = EVPKey.RSAPrivateNumbers(
            d: try jwk.number(.d), p: try jwk.number(.p), q: try jwk.number(.q),
            dp: try jwk.number(.dp), dq: try jwk.number(.dq), qi: try jwk.number(.qi))
        let key = try sound(.pair, or: .notAPair) { () throws(JOSEError) in
            try EVPKey.rsa(n: n.bytes, e: e.bytes, privateNumbers: numbers)
        }
        return (.rs256, true, .asymmetric(key))
    }

    /// Makes a key and has OpenSSL check it. Numbers that no key can be made of (a point beside its curve) are the same
    /// problem as a key that fails the check.
    private static func sound(
        _ part: EVPKey.Part, or problem: KeyProblem, make: () throws(JOSEError) -> EVPKey
    ) throws(KeyProblem) -> EVPKey {
        guard let key = try? make() else { throw problem }
        guard try unlessOpenSSLFails({ () throws(JOSEError) in try key.isSound(part) }) else { throw problem }
        return key
    }

    private static func unlessOpenSSLFails<Result>(
        _ body: () throws(JOSEError) -> Result
    ) throws(KeyProblem) -> Result {
        do throws(JOSEError) {
            return try body()
        } catch {
            throw .openSSL(error.reason)
        }
    }

    /// Odd, at least 65537 (SP 800-56B section 6.2), and no longer than 8 bytes, so that nobody's check takes for ever.
    private static func isPossibleExponent(_ e: RawSpan) -> Bool {
        guard e.byteCount <= 8 else { return false }
        var value: UInt64 = 0
        for index in 0..<e.byteCount { value = value << 8 | UInt64(e[index]) }
        return value >= 65537 && value % 2 == 1
    }

    private static func secret(_ jwk: JWK) throws(KeyProblem) -> Parts {
        let secret = try jwk.bytes(.k)
        guard secretLengths.contains(secret.count) else {
            throw .secretLength(bytes: secret.count, limits: secretLengths)
        }
        return (.hs256, true, .secret(secret))
    }
}
