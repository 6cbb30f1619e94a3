#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// A few cache lines of zeros for words that must not share a line with anybody else's. Freed with its owner.
struct Lines: ~Copyable {
    let address: UInt

    /// Traps when the system has not even a few lines, as everything in Swift that allocates does.
    init(_ count: Int) {
        let size = count * Int(CacheLine.bytes)
        var block: UnsafeMutableRawPointer?
        guard unsafe posix_memalign(&block, Int(CacheLine.bytes), size) == 0, let block = unsafe block else {
            preconditionFailure("no memory for \(size) bytes")
        }
        unsafe memset(block, 0, size)
        address = UInt(bitPattern: block)
    }

    deinit {
        unsafe free(UnsafeMutableRawPointer(bitPattern: address))
    }
}
