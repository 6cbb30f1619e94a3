internal import COpenSSL

/// SHA-256, context reused. Nothing is allocated here; starting again costs one allocation inside OpenSSL 3.0, that
/// of the hash state. Owned by one thread at a time.
@safe struct SHA256Context: ~Copyable {
    static let digestLength = 32

    private let context: OpaquePointer

    init() throws(JOSEError) {
        guard let algorithm = unsafe EVP_MD_fetch(nil, "SHA256", nil) else { throw .fromOpenSSL("find SHA-256") }
        // The context holds its own reference to the algorithm.
        defer { unsafe EVP_MD_free(algorithm) }
        guard let context = unsafe EVP_MD_CTX_new() else { throw .fromOpenSSL("make a digest context") }
        guard unsafe EVP_DigestInit_ex2(context, algorithm, nil) == 1 else {
            unsafe EVP_MD_CTX_free(context)
            throw .fromOpenSSL("start SHA-256")
        }
        unsafe self.context = context
    }

    deinit { unsafe EVP_MD_CTX_free(context) }

    /// Overwrites `digest`, which must hold exactly `digestLength` bytes.
    borrowing func digest(_ input: RawSpan, into digest: inout [UInt8]) -> Bool {
        precondition(digest.count == Self.digestLength, "SHA-256 gives 32 bytes")
        let context = unsafe self.context
        return unsafe input.withUnsafeBytes { input in
            unsafe digest.withUnsafeMutableBufferPointer { output in
                unsafe EVP_DigestInit_ex2(context, nil, nil) == 1
                    && EVP_DigestUpdate(context, input.baseAddress, input.count) == 1
                    && EVP_DigestFinal_ex(context, output.baseAddress, nil) == 1
            }
        }
    }

    /// For places that need one digest and then none for a long time.
    static func digest(_ input: RawSpan) throws(JOSEError) -> [UInt8] {
        let context = try SHA256Context()
        var digest = [UInt8](repeating: 0, count: digestLength)
        guard context.digest(input, into: &digest) else { throw .fromOpenSSL("compute SHA-256") }
        return digest
    }
}
