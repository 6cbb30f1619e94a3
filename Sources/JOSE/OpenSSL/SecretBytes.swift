internal import COpenSSL
import StrictJSON

/// Key material in memory that is wiped when the last owner lets go.
///
/// One allocation, made once at its final size, so that no growing array leaves copies behind. Nothing can write
/// to it after `init`; that is what makes sharing it between threads safe, and the compiler cannot see it,
/// hence `@unchecked Sendable`. Deliberately without `CustomStringConvertible`, `Equatable` and `Hashable`.
@safe final class SecretBytes: @unchecked Sendable {
    private let storage: UnsafeMutableRawBufferPointer

    /// Copies `bytes`; the caller wipes its own copy.
    init(copying bytes: RawSpan) {
        unsafe storage = .allocate(byteCount: bytes.byteCount, alignment: 8)
        unsafe bytes.withUnsafeBytes { source in unsafe storage.copyMemory(from: source) }
    }

    /// Takes over what `bytes` holds and wipes it there.
    convenience init(wiping bytes: inout [UInt8]) {
        self.init(copying: bytes.rawSpan)
        bytes.wipe()
    }

    deinit {
        unsafe OPENSSL_cleanse(storage.baseAddress, storage.count)
        unsafe storage.deallocate()
    }

    var count: Int { unsafe storage.count }

    var bytes: RawSpan {
        @_lifetime(borrow self)
        get {
            let span = unsafe RawSpan(_unsafeBytes: UnsafeRawBufferPointer(storage))
            return unsafe _overrideLifetime(span, borrowing: self)
        }
    }
}

extension [UInt8] {
    /// Overwrites every element with zeros, in a way that the optimiser may not leave out, and empties the array.
    /// Copies that somebody else holds are not reached.
    package mutating func wipe() {
        unsafe withUnsafeMutableBytes { buffer in unsafe OPENSSL_cleanse(buffer.baseAddress, buffer.count) }
        removeAll(keepingCapacity: false)
    }
}

/// Whether both are the same bytes, in a time that depends on the lengths only.
func equalInConstantTime(_ a: RawSpan, _ b: RawSpan) -> Bool {
    guard a.byteCount == b.byteCount else { return false }
    return unsafe a.withUnsafeBytes { a in
        unsafe b.withUnsafeBytes { b in unsafe CRYPTO_memcmp(a.baseAddress, b.baseAddress, a.count) == 0 }
    }
}
