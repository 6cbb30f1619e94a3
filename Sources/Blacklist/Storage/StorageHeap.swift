#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// Owns every block of memory of one blacklist, counts their bytes, and keeps them under the limit.
///
/// Nothing else frees: what the writer unlinks it hands to the `RetiredBlocks`, which come back here when no reader can
/// hold them, and what is left at the end goes with the heap. A block starts as zeros, at a multiple of a cache line.
///
/// Large blocks are mapped, filled in by the kernel in one call instead of one fault a page, and given back to it when
/// they are released; small ones come from the C library.
///
/// Threads: the writer's. Cost: a dictionary entry a block; it is asked when something grows, not when an id comes in.
struct StorageHeap: ~Copyable {
    /// From here on a block is mapped.
    private static let mappedBytes = 65_536
    private static let pageBytes = 4_096

    private var blocks: [UInt: Int] = [:]
    /// What the blocks take, rounded up to what the system gives.
    private(set) var bytes = 0
    let limitBytes: Int
    private let mayAllocate: (Int) -> Bool

    /// - Parameter mayAllocate: asked before every allocation; when it says no, the system has no memory. For tests.
    init(limitBytes: Int, mayAllocate: @escaping (Int) -> Bool) {
        self.limitBytes = limitBytes
        self.mayAllocate = mayAllocate
    }

    deinit {
        for (address, size) in blocks { Self.giveBack(address, size) }
    }

    /// Whether a block of this size would stay under the limit.
    func hasRoom(for size: Int) -> Bool {
        bytes + Self.rounded(size) <= limitBytes
    }

    /// - Throws: `.full` above the limit, `.outOfMemory` when the system has none; nothing has changed then.
    mutating func allocate(_ size: Int) throws(BlacklistError) -> UInt {
        guard hasRoom(for: size) else { throw .full(limitBytes: limitBytes) }
        guard mayAllocate(size) else { throw .outOfMemory(bytes: size) }
        return try allocateBeyondLimit(size)
    }

    /// For the few hundred bytes without which there is no blacklist, whatever the limit.
    mutating func allocateBeyondLimit(_ size: Int) throws(BlacklistError) -> UInt {
        let size = Self.rounded(size)
        guard let address = Self.allocate(rounded: size) else { throw .outOfMemory(bytes: size) }
        blocks[address] = size
        bytes += size
        return address
    }

    func size(of address: UInt) -> Int {
        guard let size = blocks[address] else { preconditionFailure("not a block of this heap") }
        return size
    }

    mutating func release(_ address: UInt) {
        let size = size(of: address)
        blocks[address] = nil
        bytes -= size
        Self.giveBack(address, size)
    }

    private static func rounded(_ size: Int) -> Int {
        let unit = size >= mappedBytes ? pageBytes : Int(CacheLine.bytes)
        return (size + unit - 1) / unit * unit
    }

    private static func allocate(rounded size: Int) -> UInt? {
        if size >= mappedBytes {
            let flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE
            let block = unsafe mmap(nil, size, PROT_READ | PROT_WRITE, flags, -1, 0)
            return unsafe block == MAP_FAILED ? nil : UInt(bitPattern: block)
        }
        var block: UnsafeMutableRawPointer?
        guard unsafe posix_memalign(&block, Int(CacheLine.bytes), size) == 0, let block = unsafe block else { return nil }
        unsafe memset(block, 0, size)
        return UInt(bitPattern: block)
    }

    private static func giveBack(_ address: UInt, _ size: Int) {
        let block = unsafe UnsafeMutableRawPointer(bitPattern: address)
        if size >= mappedBytes {
            unsafe munmap(block, size)
        } else {
            unsafe free(block)
        }
    }
}
