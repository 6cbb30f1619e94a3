public import Synchronization

/// One 64-bit word of a block, which the writer changes while readers look at it.
///
/// Every word of every block is only ever touched through this type, so there is no unordered access anywhere. It does
/// not own: whoever makes one holds an address into a block that the `StorageHeap` has not released, which for a reader
/// is what being pinned means (see `ReaderRegistry`).
@usableFromInline
struct SharedWord {
    @usableFromInline let address: UInt

    @inlinable @inline(__always)
    init(_ address: UInt) {
        self.address = address
    }

    /// For what the asking thread wrote itself, or what another load has ordered already.
    @inlinable @inline(__always)
    var relaxed: UInt64 {
        unsafe UnsafeMutablePointer<Atomic<UInt64>>(bitPattern: address).unsafelyUnwrapped.pointee
            .load(ordering: .relaxed)
    }

    /// Happens after the releasing store whose value it returns, and everything before that store.
    @inlinable @inline(__always)
    var acquired: UInt64 {
        unsafe UnsafeMutablePointer<Atomic<UInt64>>(bitPattern: address).unsafelyUnwrapped.pointee
            .load(ordering: .acquiring)
    }

    @inlinable @inline(__always)
    func storeRelaxed(_ value: UInt64) {
        unsafe UnsafeMutablePointer<Atomic<UInt64>>(bitPattern: address).unsafelyUnwrapped.pointee
            .store(value, ordering: .relaxed)
    }

    @inlinable @inline(__always)
    func storeReleasing(_ value: UInt64) {
        unsafe UnsafeMutablePointer<Atomic<UInt64>>(bitPattern: address).unsafelyUnwrapped.pointee
            .store(value, ordering: .releasing)
    }
}

/// The addresses of blocks are multiples of a cache line and have at most 56 bits, so a word that holds one has room.
/// In its low six bits is a shift: one load gives where something lies and how large it is, never the one without the
/// other. In its top byte is a note for the writer.
enum CacheLine {
    static let bytes: UInt = 64
}

extension UInt64 {
    /// The address in a word of address and shift. (`&>>` and `&<<` take the shift from such a word as it is: they look
    /// at its low six bits only.)
    @inlinable @inline(__always)
    var blockAddress: UInt { UInt(truncatingIfNeeded: self & 0x00ff_ffff_ffff_ffc0) }

    /// The number of elements, a power of two, whose index is the top bits that are left after that shift.
    @inlinable @inline(__always)
    var elementMask: UInt64 { UInt64.max &>> self }
}
