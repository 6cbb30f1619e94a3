internal import COpenSSL

/// Signing or verifying SHA-256 digests with one ECDSA or RSA key, context reused.
///
/// Digest and signature are two steps on purpose: `EVP_PKEY_sign` and `EVP_PKEY_verify` may be called again and again
/// on one context (their manual pages), while `EVP_DigestSign` copies its whole context for each call or has to be
/// set up anew. Nothing is allocated here; inside OpenSSL 3.0 an ECDSA signature allocates 41 times, an RSA one 20
/// times (big numbers). RSA is PKCS #1 v1.5, which is EVP's default padding and RS256's. Owned by one thread at a
/// time.
@safe struct PublicKeyContext: ~Copyable {
    enum Purpose { case signing, verification }

    private let context: OpaquePointer

    init(key: EVPKey, for purpose: Purpose) throws(JOSEError) {
        guard let context = unsafe EVP_PKEY_CTX_new_from_pkey(nil, key.pointer, nil) else {
            throw .fromOpenSSL("make a key context")
        }
        let initialised =
            switch purpose {
            case .signing: unsafe EVP_PKEY_sign_init(context)
            case .verification: unsafe EVP_PKEY_verify_init(context)
            }
        guard initialised == 1, unsafe EVP_PKEY_CTX_set_signature_md(context, EVP_sha256()) == 1 else {
            unsafe EVP_PKEY_CTX_free(context)
            throw .fromOpenSSL("set a key and SHA-256")
        }
        unsafe self.context = context
    }

    deinit { unsafe EVP_PKEY_CTX_free(context) }

    /// Writes the signature of `digest` to the beginning of `signature` and returns its length; `nil` when it failed
    /// or there is no room for it.
    borrowing func sign(digest: [UInt8], into signature: inout [UInt8]) -> Int? {
        let context = unsafe self.context
        var length = signature.count
        let done = unsafe digest.withUnsafeBufferPointer { digest in
            unsafe signature.withUnsafeMutableBufferPointer { output in
                unsafe EVP_PKEY_sign(
                    context, output.baseAddress, &length,
                    digest.baseAddress, digest.count) == 1
            }
        }
        return done ? length : nil
    }

    borrowing func verify(_ signature: RawSpan, ofDigest digest: [UInt8]) -> Bool {
        let context = unsafe self.context
        let verified = unsafe digest.withUnsafeBufferPointer { digest in
            unsafe signature.withUnsafeBytes { signature in
                unsafe EVP_PKEY_verify(
                    context,
                    signature.baseAddress?.assumingMemoryBound(to: UInt8.self), signature.count,
                    digest.baseAddress, digest.count) == 1
            }
        }
        if !verified { forgetOpenSSLErrors() }
        return verified
    }
}
