internal import COpenSSL

/// Ed25519 signing with one private key, context reused.
///
/// `EVP_DigestSignInit` with a null key "just resets the state" (its manual page) and keeps the key. OpenSSL 3.0 and
/// 3.1 would sign again even without it; from 3.2 a context that has signed refuses to go on until it is reset, so it
/// is always called; it allocates nothing. Nothing is allocated here; OpenSSL 3.0 itself allocates five times for a
/// signature and three times for a verification (it fetches SHA-512 by name and makes a digest context, in
/// `ossl_ed25519_sign`), which EVP gives no way to avoid. Owned by one thread at a time.
@safe struct Ed25519SigningContext: ~Copyable {
    /// The length of every signature, in bytes (RFC 8032 section 5.1.6).
    static let signatureLength = 64

    private let context: OpaquePointer

    init(key: EVPKey) throws(JOSEError) {
        guard let context = unsafe EVP_MD_CTX_new() else { throw .fromOpenSSL("make a signing context") }
        guard unsafe EVP_DigestSignInit(context, nil, nil, nil, key.pointer) == 1 else {
            unsafe EVP_MD_CTX_free(context)
            throw .fromOpenSSL("set an Ed25519 private key")
        }
        unsafe self.context = context
    }

    deinit { unsafe EVP_MD_CTX_free(context) }

    /// Overwrites `signature`, which must hold exactly `signatureLength` bytes.
    borrowing func sign(_ input: RawSpan, into signature: inout [UInt8]) -> Bool {
        precondition(signature.count == Self.signatureLength, "Ed25519 gives 64 bytes")
        let context = unsafe self.context
        var length = Self.signatureLength
        let done = unsafe input.withUnsafeBytes { input in
            unsafe signature.withUnsafeMutableBufferPointer { output in
                unsafe EVP_DigestSignInit(context, nil, nil, nil, nil) == 1
                    && EVP_DigestSign(
                        context, output.baseAddress, &length,
                        input.baseAddress?.assumingMemoryBound(to: UInt8.self), input.count) == 1
            }
        }
        return done && length == Self.signatureLength
    }
}

/// Ed25519 verification with a public key only; the same rules as above.
@safe struct Ed25519VerificationContext: ~Copyable {
    private let context: OpaquePointer

    init(key: EVPKey) throws(JOSEError) {
        guard let context = unsafe EVP_MD_CTX_new() else { throw .fromOpenSSL("make a verification context") }
        guard unsafe EVP_DigestVerifyInit(context, nil, nil, nil, key.pointer) == 1 else {
            unsafe EVP_MD_CTX_free(context)
            throw .fromOpenSSL("set an Ed25519 public key")
        }
        unsafe self.context = context
    }

    deinit { unsafe EVP_MD_CTX_free(context) }

    borrowing func verify(_ signature: RawSpan, of input: RawSpan) -> Bool {
        guard signature.byteCount == Ed25519SigningContext.signatureLength else { return false }
        let context = unsafe self.context
        let verified = unsafe input.withUnsafeBytes { input in
            unsafe signature.withUnsafeBytes { signature in
                unsafe EVP_DigestVerifyInit(context, nil, nil, nil, nil) == 1
                    && EVP_DigestVerify(
                        context, signature.baseAddress?.assumingMemoryBound(to: UInt8.self), signature.count,
                        input.baseAddress?.assumingMemoryBound(to: UInt8.self), input.count) == 1
            }
        }
        if !verified { forgetOpenSSLErrors() }
        return verified
    }
}
