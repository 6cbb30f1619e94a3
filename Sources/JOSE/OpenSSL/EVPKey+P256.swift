internal import COpenSSL
import StrictJSON

/// P-256 keys: coordinates and the private number, 32 bytes each (RFC 7518 section 6.2).
extension EVPKey {
    /// The length of a coordinate and of the private number, in bytes.
    static let p256Length = 32
    private static let curve = "prime256v1"

    /// `privateKey` is `nil` for a key that only verifies. The point and the pair are still to be checked.
    static func p256(x: RawSpan, y: RawSpan, privateKey: SecretBytes?) throws(JOSEError) -> EVPKey {
        // An uncompressed point (SEC 1 section 2.3.3).
        var point: [UInt8] = [4]
        point.append(x)
        point.append(y)
        let parameters = KeyParameters()
        parameters.add(OSSL_PKEY_PARAM_GROUP_NAME, text: curve)
        parameters.add(OSSL_PKEY_PARAM_PUB_KEY, octets: point.rawSpan)
        if let privateKey { parameters.add(OSSL_PKEY_PARAM_PRIV_KEY, number: privateKey.bytes) }
        return try parameters.makeKey(type: "EC", isPrivate: privateKey != nil)
    }

    static func generateP256() throws(JOSEError) -> EVPKey {
        unsafe try generate(type: "EC") { context in unsafe EVP_PKEY_CTX_set_group_name(context, curve) == 1 }
    }

    func p256X() throws(JOSEError) -> [UInt8] {
        try number(OSSL_PKEY_PARAM_EC_PUB_X, length: Self.p256Length)
    }

    func p256Y() throws(JOSEError) -> [UInt8] {
        try number(OSSL_PKEY_PARAM_EC_PUB_Y, length: Self.p256Length)
    }

    /// The caller wipes it.
    func p256PrivateKey() throws(JOSEError) -> [UInt8] {
        try number(OSSL_PKEY_PARAM_PRIV_KEY, length: Self.p256Length)
    }
}
