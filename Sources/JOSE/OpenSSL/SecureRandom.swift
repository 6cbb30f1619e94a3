internal import COpenSSL

/// Random bytes fit for keys and identifiers, from OpenSSL's generator (a per-thread CTR-DRBG seeded by the
/// kernel, reseeded by itself and after a fork).
///
/// Chosen over the system calls because a FIPS provider then governs it too, and over `SystemRandomNumberGenerator`
/// because that is one system call for every eight bytes. May be called from any thread; no allocation after
/// the thread's first call. Fails only when the kernel gives no seed; then no key may be made.
package enum SecureRandom {
    /// Overwrites every element of `bytes`.
    package static func fill(_ bytes: inout [UInt8]) throws(JOSEError) {
        let filled = unsafe bytes.withUnsafeMutableBufferPointer { buffer in
            unsafe RAND_bytes_ex(nil, buffer.baseAddress, buffer.count, 0) == 1
        }
        guard filled else { throw .fromOpenSSL("get random bytes") }
    }

    /// Overwrites every element of `words`.
    package static func fill(_ words: inout [UInt64]) throws(JOSEError) {
        let filled = unsafe words.withUnsafeMutableBytes { buffer in
            unsafe RAND_bytes_ex(nil, buffer.baseAddress?.assumingMemoryBound(to: UInt8.self), buffer.count, 0) == 1
        }
        guard filled else { throw .fromOpenSSL("get random bytes") }
    }

    /// `count` new random bytes.
    package static func bytes(_ count: Int) throws(JOSEError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        try fill(&bytes)
        return bytes
    }
}
