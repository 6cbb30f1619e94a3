import StrictJSON

extension KeySet {
    /// What everybody may have: the public members of the asymmetric keys. HMAC keys have none and are left out, so
    /// that a set of HMAC keys only gives an empty `keys`.
    package func publicJWKSet() throws(JOSEError) -> [UInt8] {
        var json: [UInt8] = []
        try write(keys.filter { !$0.algorithm.isSymmetric }, includingPrivateMembers: false, into: &json)
        return json
    }

    /// The key file: everything, in order, one key a line. The caller keeps it from other eyes and wipes it.
    package func privateJWKSet() throws(JOSEError) -> [UInt8] {
        var json: [UInt8] = []
        // The largest private JWK, RSA with 8192 bits, has some 7 KB; growing would leave copies of secrets behind.
        json.reserveCapacity(keys.count * 8192)
        try write(keys, includingPrivateMembers: true, into: &json)
        return json
    }

    private func write(_ keys: [Key], includingPrivateMembers: Bool, into json: inout [UInt8]) throws(JOSEError) {
        json.append("{\"keys\":[")
        for (index, key) in keys.enumerated() {
            json.append(index == 0 ? "\n" : ",\n")
            var members = try KeyMembers(algorithm: key.algorithm, material: key.material)
            defer { members.wipe() }
            if includingPrivateMembers { try members.addPrivateMembers(of: key) }
            members.write(kid: key.kid, algorithm: key.algorithm, into: &json)
        }
        json.append("\n]}\n")
    }
}

extension KeyMembers {
    fileprivate func write(kid: String, algorithm: SignatureAlgorithm, into json: inout [UInt8]) {
        json.append("{")
        json.appendMember("kid", kid)
        json.append(",")
        json.appendMember("alg", algorithm.rawValue)
        json.append(",")
        json.appendMember("use", "sig")
        json.append(",")
        json.appendMember("kty", type)
        if let curve {
            json.append(",")
            json.appendMember("crv", curve)
        }
        for (member, text) in required + additional {
            json.append(",")
            json.appendMember(member.rawValue, text)
        }
        json.append("}")
    }
}
