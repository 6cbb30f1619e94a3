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
/// they are released; small ones come from the C library. Of the full-sized segments two are kept: a split lets go of
/// one and asks for two, and to clear one that was just read is cheaper than to have the kernel clear other pages.
///
/// Threads: the writer's. Cost: a dictionary entry a block; it is asked when something grows, not when an id comes in.
struct StorageHeap: ~Copyable {
    /// From here on a block is mapped.
    private static let mappedBytes = 65_536
    private static let pageBytes = 4_096

    private static let spareBytes = rounded(Segment.bytes(slotBits: Segment.maxSlotBits))
    private static let maxSpares = 2

    private var blocks: [UInt: Int] = [:]
    /// Blocks of `spareBytes` that nobody has. They stay in `blocks`, and are counted.
    private var spares: [UInt] = []
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
        for (address, size) in blocks { Self.unmap(rounded: size, at: address) }
    }

    /// Whether a block of this size would stay under the limit.
    func hasRoom(for size: Int) -> Bool {
        bytes - spares.count * Self.spareBytes + Self.rounded(size) <= limitBytes
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
        if size == Self.spareBytes, let spare = spares.popLast(),
            let block = unsafe UnsafeMutableRawPointer(bitPattern: spare)
        {
            unsafe memset(block, 0, size)
            return spare
        }
        if bytes + size > limitBytes { giveBackSpares() }
        guard let address = Self.map(rounded: size) else { throw .outOfMemory(bytes: size) }
        // An address of more than 56 bits (memory tagging) would not fit beside the notes in a word.
        guard address >> 56 == 0 else {
            Self.unmap(rounded: size, at: address)
            throw .outOfMemory(bytes: size)
        }
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
        if size == Self.spareBytes && spares.count < Self.maxSpares { return spares.append(address) }
        giveBack(address, size)
    }

    private mutating func giveBackSpares() {
        for spare in spares { giveBack(spare, Self.spareBytes) }
        spares = []
    }

    private mutating func giveBack(_ address: UInt, _ size: Int) {
        blocks[address] = nil
        bytes -= size
        Self.unmap(rounded: size, at: address)
    }

    private static func rounded(_ size: Int) -> Int {
        let unit = size >= mappedBytes ? pageBytes : Int(CacheLine.bytes)
        return (size + unit - 1) / unit * unit
    }

    private static func map(rounded size: Int) -> UInt? {
        if size >= mappedBytes {
            let flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE
            let block = unsafe mmap(nil, size, PROT_READ | PROT_WRITE, flags, -1, 0)
            return unsafe block == MAP_FAILED ? nil : UInt(bitPattern: block)
        }
        var block: UnsafeMutableRawPointer?
        guard unsafe posix_memalign(&block, Int(CacheLine.bytes), size) == 0, let block = unsafe block else {
            return nil
        }
        unsafe memset(block, 0, size)
        return UInt(bitPattern: block)
    }

    private static func unmap(rounded size: Int, at address: UInt) {
        let block = unsafe UnsafeMutableRawPointer(bitPattern: address)
        if size >= mappedBytes {
            unsafe munmap(block, size)
        } else {
            unsafe free(block)
        }
    }
}
