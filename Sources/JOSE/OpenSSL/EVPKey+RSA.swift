internal import COpenSSL
import StrictJSON

/// RSA keys: the numbers of RFC 7518 section 6.3 under OpenSSL's names.
extension EVPKey {
    /// OpenSSL's names of the private numbers (provider-keymgmt(7)); some of its own macros for them do not reach
    /// Swift.
    private enum Name {
        static let d = "d"
        static let p = "rsa-factor1"
        static let q = "rsa-factor2"
        static let dp = "rsa-exponent1"
        static let dq = "rsa-exponent2"
        static let qi = "rsa-coefficient1"
    }

    /// The numbers of a private key beside n and e, in the order of RFC 7518 section 6.3.2.
    struct RSAPrivateNumbers {
        let d: SecretBytes
        let p: SecretBytes
        let q: SecretBytes
        let dp: SecretBytes
        let dq: SecretBytes
        let qi: SecretBytes
    }

    /// `privateNumbers` is `nil` for a key that only verifies. Soundness is still to be checked.
    static func rsa(n: RawSpan, e: RawSpan, privateNumbers: RSAPrivateNumbers?) throws(JOSEError) -> EVPKey {
        let parameters = KeyParameters()
        parameters.add(OSSL_PKEY_PARAM_RSA_N, number: n)
        parameters.add(OSSL_PKEY_PARAM_RSA_E, number: e)
        if let numbers = privateNumbers {
            parameters.add(Name.d, number: numbers.d.bytes)
            parameters.add(Name.p, number: numbers.p.bytes)
            parameters.add(Name.q, number: numbers.q.bytes)
            parameters.add(Name.dp, number: numbers.dp.bytes)
            parameters.add(Name.dq, number: numbers.dq.bytes)
            parameters.add(Name.qi, number: numbers.qi.bytes)
        }
        return try parameters.makeKey(type: "RSA", isPrivate: privateNumbers != nil)
    }

    /// With the exponent 65537, which is OpenSSL's default.
    static func generateRSA(bits: Int) throws(JOSEError) -> EVPKey {
        unsafe try generate(type: "RSA") { context in
            unsafe EVP_PKEY_CTX_set_rsa_keygen_bits(context, Int32(bits)) == 1
        }
    }

    func rsaModulus() throws(JOSEError) -> [UInt8] { try number(OSSL_PKEY_PARAM_RSA_N) }

    func rsaExponent() throws(JOSEError) -> [UInt8] { try number(OSSL_PKEY_PARAM_RSA_E) }

    /// d, p, q, dp, dq, qi. The caller wipes them.
    func rsaPrivateNumbers() throws(JOSEError) -> [[UInt8]] {
        var numbers: [[UInt8]] = []
        for name in [Name.d, Name.p, Name.q, Name.dp, Name.dq, Name.qi] {
            numbers.append(try number(name))
        }
        return numbers
    }
}
