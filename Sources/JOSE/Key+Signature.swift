import StrictJSON

/// Signatures without a token around them, one at a time. For checks and tests: each call makes its contexts anew,
/// which the request path must not do; that has `Signer` and `Verifier`.
extension Key {
    /// The JWS signature of `input`.
    package func signature(of input: RawSpan) throws(JOSEError) -> [UInt8] {
        var context = try SigningContext(key: self)
        var signature = [UInt8](repeating: 0, count: context.signatureLength)
        try context.sign(input, into: &signature)
        return signature
    }

    /// Whether `signature` is the key's JWS signature of `input`.
    package func verifies(_ signature: RawSpan, of input: RawSpan) throws(JOSEError) -> Bool {
        var context = try VerificationContext(key: self)
        return context.verify(signature, of: input)
    }
}
