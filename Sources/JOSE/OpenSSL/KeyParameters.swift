internal import COpenSSL
import StrictJSON

/// The parameters that a key is made from by `EVP_PKEY_fromdata`.
///
/// An `OSSL_PARAM` only points at its name and its value, so this object owns copies of both until the key is made, and
/// wipes them all at the end. Chosen over `OSSL_PARAM_BLD`, which copies too, but wipes in secure heaps only, and
/// keeps the caller's pointer to the name.
@safe final class KeyParameters {
    private var parameters: [OSSL_PARAM] = unsafe []
    private var buffers: [UnsafeMutableRawBufferPointer] = unsafe []

    deinit {
        unsafe buffers.forEach { buffer in
            unsafe OPENSSL_cleanse(buffer.baseAddress, buffer.count)
            unsafe buffer.deallocate()
        }
    }

    /// A number of big-endian bytes, as JWK has them (RFC 7518 section 2, Base64urlUInt).
    func add(_ name: String, number: RawSpan) {
        let value = unsafe keep(number)
        // OpenSSL wants the machine's own order.
        #if _endian(little)
            var reversed = unsafe value
            unsafe reversed.reverse()
        #endif
        unsafe parameters.append(
            OSSL_PARAM_construct_BN(
                keep(terminated: name), value.baseAddress?.assumingMemoryBound(to: UInt8.self), value.count))
    }

    func add(_ name: String, octets: RawSpan) {
        let value = unsafe keep(octets)
        unsafe parameters.append(
            OSSL_PARAM_construct_octet_string(keep(terminated: name), value.baseAddress, value.count))
    }

    func add(_ name: String, text: String) {
        unsafe parameters.append(OSSL_PARAM_construct_utf8_string(keep(terminated: name), keep(terminated: text), 0))
    }

    /// Makes a key of the type that OpenSSL calls `type`. Whether its parts belong together is not checked here.
    func makeKey(type: String, isPrivate: Bool) throws(JOSEError) -> EVPKey {
        guard let context = unsafe EVP_PKEY_CTX_new_from_name(nil, type, nil) else {
            throw .fromOpenSSL("find the key type \(type)")
        }
        defer { unsafe EVP_PKEY_CTX_free(context) }
        var all = unsafe parameters + [OSSL_PARAM_construct_end()]
        let selection = isPrivate ? EVP_PKEY_KEYPAIR_SELECTION : EVP_PKEY_PUBLIC_KEY_SELECTION
        var key: OpaquePointer?
        guard unsafe EVP_PKEY_fromdata_init(context) == 1,
            unsafe EVP_PKEY_fromdata(context, &key, selection, &all) == 1, let key = unsafe key
        else { throw .fromOpenSSL("make a key of the type \(type)") }
        return unsafe EVPKey(owning: key)
    }

    private func keep(_ bytes: RawSpan) -> UnsafeMutableRawBufferPointer {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.byteCount, alignment: 8)
        unsafe bytes.withUnsafeBytes { bytes in unsafe buffer.copyMemory(from: bytes) }
        unsafe buffers.append(buffer)
        return unsafe buffer
    }

    private func keep(terminated text: String) -> UnsafeMutablePointer<CChar>? {
        let bytes = Array(text.utf8) + [0]
        return unsafe keep(bytes.rawSpan).baseAddress?.assumingMemoryBound(to: CChar.self)
    }
}
