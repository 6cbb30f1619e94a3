internal import COpenSSL

/// The one owner of an `EVP_PKEY`.
///
/// A key is complete when this object exists: nothing sets anything on it afterwards. OpenSSL counts references
/// to it atomically and guards the copies that it caches for providers with the key's own lock, so contexts
/// of many threads may use one key at the same time (openssl-threads(7)). That is the proof of `@unchecked Sendable`.
/// Contexts made from it keep a reference of their own, so they may outlive this object. The private parts are
/// wiped by OpenSSL when the last reference goes.
@safe final class EVPKey: @unchecked Sendable {
    let pointer: OpaquePointer

    /// Takes over the caller's reference.
    init(owning pointer: OpaquePointer) {
        unsafe self.pointer = pointer
    }

    deinit { unsafe EVP_PKEY_free(pointer) }

    /// The modulus of an RSA key, the order of a curve, in bits.
    var bits: Int { unsafe Int(EVP_PKEY_get_bits(pointer)) }

    /// What a check covers.
    enum Part {
        /// The public part by itself: a point on its curve, a possible modulus.
        case publicPart
        /// Both parts, and that they belong together.
        case pair
    }

    /// Whether OpenSSL finds the key sound. For an RSA pair that includes the primality of its factors and takes some
    /// tens of milliseconds.
    func isSound(_ part: Part) throws(JOSEError) -> Bool {
        guard let context = unsafe EVP_PKEY_CTX_new_from_pkey(nil, pointer, nil) else {
            throw .fromOpenSSL("make a key context")
        }
        defer { unsafe EVP_PKEY_CTX_free(context) }
        let isSound =
            switch part {
            case .publicPart: unsafe EVP_PKEY_public_check(context) == 1
            case .pair: unsafe EVP_PKEY_check(context) == 1
            }
        if !isSound { forgetOpenSSLErrors() }
        return isSound
    }

    /// A number of the key by OpenSSL's name, big-endian, in `length` bytes or in as few as it takes.
    func number(_ name: String, length: Int? = nil) throws(JOSEError) -> [UInt8] {
        var number: OpaquePointer?
        guard unsafe EVP_PKEY_get_bn_param(pointer, name, &number) == 1, let number = unsafe number,
            let bytes = unsafe BigNumber(owning: number).bytes(length: length)
        else { throw .fromOpenSSL("read a key's numbers") }
        return bytes
    }

    /// Makes a new key. `configure` sets what the type needs and returns OpenSSL's verdict.
    static func generate(
        type: String, configure: (OpaquePointer) -> Bool = { _ in true }
    ) throws(JOSEError) -> EVPKey {
        guard let context = unsafe EVP_PKEY_CTX_new_from_name(nil, type, nil) else {
            throw .fromOpenSSL("find the key type \(type)")
        }
        defer { unsafe EVP_PKEY_CTX_free(context) }
        var key: OpaquePointer?
        guard unsafe EVP_PKEY_keygen_init(context) == 1, unsafe configure(context),
            unsafe EVP_PKEY_generate(context, &key) == 1, let key = unsafe key
        else { throw .fromOpenSSL("generate a key of the type \(type)") }
        return unsafe EVPKey(owning: key)
    }
}
