internal import COpenSSL
import StrictJSON

/// Ed25519 keys are raw bytes, in JWK as in OpenSSL (RFC 8037 section 2).
extension EVPKey {
    /// The length of both parts, in bytes.
    static let ed25519Length = 32

    static func ed25519(privateKey: RawSpan) throws(JOSEError) -> EVPKey {
        let pointer = unsafe privateKey.withUnsafeBytes { key in
            unsafe EVP_PKEY_new_raw_private_key_ex(
                nil, "ED25519", nil, key.baseAddress?.assumingMemoryBound(to: UInt8.self), key.count)
        }
        guard let pointer = unsafe pointer else { throw .fromOpenSSL("make an Ed25519 private key") }
        return unsafe EVPKey(owning: pointer)
    }

    static func ed25519(publicKey: RawSpan) throws(JOSEError) -> EVPKey {
        let pointer = unsafe publicKey.withUnsafeBytes { key in
            unsafe EVP_PKEY_new_raw_public_key_ex(
                nil, "ED25519", nil, key.baseAddress?.assumingMemoryBound(to: UInt8.self), key.count)
        }
        guard let pointer = unsafe pointer else { throw .fromOpenSSL("make an Ed25519 public key") }
        return unsafe EVPKey(owning: pointer)
    }

    static func generateEd25519() throws(JOSEError) -> EVPKey {
        unsafe try generate(type: "ED25519")
    }

    func ed25519PublicKey() throws(JOSEError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: Self.ed25519Length)
        var length = bytes.count
        let pointer = unsafe self.pointer
        let done = unsafe bytes.withUnsafeMutableBufferPointer { buffer in
            unsafe EVP_PKEY_get_raw_public_key(pointer, buffer.baseAddress, &length) == 1
        }
        guard done, length == Self.ed25519Length else { throw .fromOpenSSL("read an Ed25519 public key") }
        return bytes
    }

    /// The caller wipes it.
    func ed25519PrivateKey() throws(JOSEError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: Self.ed25519Length)
        var length = bytes.count
        let pointer = unsafe self.pointer
        let done = unsafe bytes.withUnsafeMutableBufferPointer { buffer in
            unsafe EVP_PKEY_get_raw_private_key(pointer, buffer.baseAddress, &length) == 1
        }
        guard done, length == Self.ed25519Length else { throw .fromOpenSSL("read an Ed25519 private key") }
        return bytes
    }
}
