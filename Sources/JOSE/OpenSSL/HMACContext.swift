internal import COpenSSL

/// HMAC-SHA-256 with one key, ready to be used again and again.
///
/// The context is made once. A null key in `EVP_MAC_init` takes the inner and outer hash states up again that were
/// computed from the key, which saves two of the four compressions that a short message would otherwise cost. Per
/// call nothing is allocated here; OpenSSL 3.0 itself allocates twice, the 112 bytes of a hash state that it copies
/// (counted with `CRYPTO_set_mem_functions`). Owned by one thread at a time.
@safe struct HMACContext: ~Copyable {
    /// The length of every signature, in bytes.
    static let signatureLength = 32

    private let context: OpaquePointer

    init(key: SecretBytes) throws(JOSEError) {
        guard let algorithm = unsafe EVP_MAC_fetch(nil, "HMAC", nil) else { throw .fromOpenSSL("find HMAC") }
        // The context holds its own reference to the algorithm.
        defer { unsafe EVP_MAC_free(algorithm) }
        guard let context = unsafe EVP_MAC_CTX_new(algorithm) else { throw .fromOpenSSL("make an HMAC context") }
        guard unsafe Self.initialise(context, key) else {
            unsafe EVP_MAC_CTX_free(context)
            throw .fromOpenSSL("set an HMAC key")
        }
        unsafe self.context = context
    }

    deinit { unsafe EVP_MAC_CTX_free(context) }

    /// Overwrites `signature`, which must hold exactly `signatureLength` bytes, with the code of `input`.
    borrowing func sign(_ input: RawSpan, into signature: inout [UInt8]) -> Bool {
        precondition(signature.count == Self.signatureLength, "HMAC-SHA-256 gives 32 bytes")
        let context = unsafe self.context
        var written = 0
        let done = unsafe input.withUnsafeBytes { input in
            unsafe signature.withUnsafeMutableBufferPointer { output in
                unsafe EVP_MAC_init(context, nil, 0, nil) == 1
                    && EVP_MAC_update(context, input.baseAddress?.assumingMemoryBound(to: UInt8.self), input.count) == 1
                    && EVP_MAC_final(context, output.baseAddress, &written, output.count) == 1
            }
        }
        return done && written == Self.signatureLength
    }

    private static func initialise(_ context: OpaquePointer, _ key: SecretBytes) -> Bool {
        var digest = Array("SHA256".utf8CString)
        return unsafe digest.withUnsafeMutableBufferPointer { digest in
            let parameters = unsafe [
                OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest.baseAddress, 0),
                OSSL_PARAM_construct_end(),
            ]
            return unsafe key.bytes.withUnsafeBytes { key in
                unsafe EVP_MAC_init(
                    context, key.baseAddress?.assumingMemoryBound(to: UInt8.self), key.count, parameters)
                    == 1
            }
        }
    }
}
