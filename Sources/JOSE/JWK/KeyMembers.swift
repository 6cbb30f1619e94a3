import StrictJSON

/// The members that a key is written with: `kty`, `crv`, and numbers and bytes in base64url.
///
/// Lives as long as one JWK is being written; `wipe()` ends it when it holds private members.
struct KeyMembers {
    let type: String
    let curve: String?
    /// What the thumbprint is made of beside `kty` and `crv` (RFC 7638 section 3.2, RFC 8037 section 2).
    private(set) var required: [(member: JWKMember, text: [UInt8])] = []
    /// What never leaves the key file and is not among `required`.
    private(set) var additional: [(member: JWKMember, text: [UInt8])] = []

    /// The public members, and the secret of an HMAC key, which has no others.
    init(algorithm: SignatureAlgorithm, material: Key.Material) throws(JOSEError) {
        switch (algorithm, material) {
        case (.edDSA, .asymmetric(let key)):
            (type, curve) = ("OKP", "Ed25519")
            required = [(.x, Self.text(try key.ed25519PublicKey()))]
        case (.es256, .asymmetric(let key)):
            (type, curve) = ("EC", "P-256")
            required = [(.x, Self.text(try key.p256X())), (.y, Self.text(try key.p256Y()))]
        case (.rs256, .asymmetric(let key)):
            (type, curve) = ("RSA", nil)
            required = [(.n, Self.text(try key.rsaModulus())), (.e, Self.text(try key.rsaExponent()))]
        case (.hs256, .secret(let secret)):
            (type, curve) = ("oct", nil)
            var text: [UInt8] = []
            Base64URL.encode(secret.bytes, into: &text)
            required = [(.k, text)]
        case (.hs256, .asymmetric), (.edDSA, .secret), (.es256, .secret), (.rs256, .secret):
            preconditionFailure("a key's algorithm and material are made together")
        }
    }

    /// Adds the private members of an asymmetric key that has them.
    mutating func addPrivateMembers(of key: Key) throws(JOSEError) {
        guard key.canSign, case .asymmetric(let evp) = key.material else { return }
        switch key.algorithm {
        case .edDSA: additional = [(.d, Self.text(wiping: try evp.ed25519PrivateKey()))]
        case .es256: additional = [(.d, Self.text(wiping: try evp.p256PrivateKey()))]
        case .rs256:
            let members: [JWKMember] = [.d, .p, .q, .dp, .dq, .qi]
            for (member, number) in zip(members, try evp.rsaPrivateNumbers()) {
                additional.append((member, Self.text(wiping: number)))
            }
        case .hs256: preconditionFailure("an HMAC key is not asymmetric")
        }
    }

    mutating func wipe() {
        for index in required.indices { required[index].text.wipe() }
        for index in additional.indices { additional[index].text.wipe() }
    }

    /// SHA-256 over the required members in the order of their names, without white space, in base64url (RFC 7638
    /// section 3).
    func thumbprint() throws(JOSEError) -> String {
        var members = required.map { (name: $0.member.rawValue, text: $0.text) }
        members.append(("kty", Array(type.utf8)))
        if let curve { members.append(("crv", Array(curve.utf8))) }
        members.sort { $0.name < $1.name }

        var json: [UInt8] = []
        json.reserveCapacity(members.reduce(16) { $0 + $1.name.utf8.count + $1.text.count + 6 })
        for (index, member) in members.enumerated() {
            json.append(index == 0 ? "{" : ",")
            json.appendMember(member.name, member.text)
        }
        json.append("}")
        let digest = try SHA256Context.digest(json.rawSpan)
        json.wipe()
        return String(decoding: Self.text(digest), as: UTF8.self)
    }

    private static func text(_ bytes: [UInt8]) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(Base64URL.encodedLength(bytes.count))
        Base64URL.encode(bytes.rawSpan, into: &text)
        return text
    }

    private static func text(wiping bytes: consuming [UInt8]) -> [UInt8] {
        let text = text(bytes)
        bytes.wipe()
        return text
    }
}

extension [UInt8] {
    /// `"name":"value"`; the value must need no escapes.
    mutating func appendMember(_ name: String, _ value: [UInt8]) {
        appendJSONString(Array(name.utf8).rawSpan)
        append(":")
        appendJSONString(value.rawSpan)
    }

    mutating func appendMember(_ name: String, _ value: String) {
        appendMember(name, Array(value.utf8))
    }
}
