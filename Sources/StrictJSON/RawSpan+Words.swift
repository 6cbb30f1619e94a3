import Glibc

// The one file of this room with unsafe operations. Every function here checks its bounds before it reads, so nothing
// that goes wrong outside can read past a span. Two of the operations are unsafe in name only: `unsafeLoad` with
// `fromByteOffset` checks the offset and is called unsafe because of the type that it makes of the bytes (here
// always an integer, for which every pattern of bits is a value), and `Span.bytes` counts as unsafe in this compiler.

extension RawSpan {
    /// The byte at `index`. Traps outside the span.
    @inlinable
    package subscript(_ index: Int) -> UInt8 {
        unsafe unsafeLoad(fromByteOffset: index, as: UInt8.self)
    }

    /// Eight bytes from `offset` on, aligned or not, the first one lowest. Traps unless all eight lie inside the span.
    @inlinable
    package func word(at offset: Int) -> UInt64 {
        UInt64(littleEndian: unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }

    /// Sixteen bytes from `offset` on, aligned or not. Traps unless all of them lie inside the span.
    @inlinable
    package func sixteen(at offset: Int) -> SIMD16<UInt8> {
        unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: SIMD16<UInt8>.self)
    }

    /// Whether both hold the same bytes. Takes a time that depends on the bytes: not for secrets.
    package func equals(_ other: RawSpan) -> Bool {
        guard byteCount == other.byteCount else { return false }
        return unsafe withUnsafeBytes { mine in
            unsafe other.withUnsafeBytes { theirs in
                guard let mine = mine.baseAddress, let theirs = theirs.baseAddress else { return true }
                return unsafe memcmp(mine, theirs, other.byteCount) == 0
            }
        }
    }

    /// Sixty-four well mixed bits of the content, eight bytes a step. For tables that a stranger fills, the seed has to
    /// be random and secret; the mixing is no cryptographic hash.
    package func hash(seed: UInt64) -> UInt64 {
        var state = seed ^ 0x9e37_79b9_7f4a_7c15 &* UInt64(truncatingIfNeeded: byteCount &+ 1)
        var offset = 0
        while offset &+ 8 <= byteCount {
            state = Self.mix(state ^ word(at: offset), 0xe703_7ed1_a0b4_28db)
            offset &+= 8
        }
        var rest: UInt64 = 0
        while offset < byteCount {
            rest = rest << 8 | UInt64(self[offset])
            offset &+= 1
        }
        state = Self.mix(state ^ rest, 0x8ebc_6af0_9c88_c6e3)
        return Self.mix(state, 0x5899_65cc_7537_4cc3)
    }

    private static func mix(_ value: UInt64, _ factor: UInt64) -> UInt64 {
        let product = value.multipliedFullWidth(by: factor)
        // The value itself stays in the sum: a product of zero would otherwise forget everything before it.
        return product.high ^ product.low &+ value
    }

    /// The bytes as text; what is not UTF-8 becomes U+FFFD. Allocates: for messages, not for the request path.
    package var string: String {
        unsafe withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) }
    }
}

extension [UInt8] {
    /// The elements as a span, for as long as the array is not changed.
    @inlinable
    package var rawSpan: RawSpan {
        @_lifetime(borrow self)
        get {
            let elements = span
            return unsafe elements.bytes
        }
    }

    /// Appends the bytes as one copy. Allocates only when the capacity does not suffice.
    package mutating func append(_ bytes: RawSpan) {
        unsafe bytes.withUnsafeBytes { unsafe append(contentsOf: $0) }
    }

    /// Appends the lowest bytes of a word, the lowest one first; at most eight.
    package mutating func append(firstBytes byteCount: Int, of word: UInt64) {
        append(addingCapacity: 8) { output in output.append(firstBytes: byteCount, of: word) }
    }

    /// Copies the bytes over what is there. Traps unless all of them find room: the array does not grow.
    package mutating func overwrite(at offset: Int, with bytes: RawSpan) {
        precondition(offset >= 0 && bytes.byteCount <= count - offset, "overwriting past the array's end")
        unsafe withUnsafeMutableBytes { target in
            unsafe bytes.withUnsafeBytes { source in
                unsafe UnsafeMutableRawBufferPointer(rebasing: target[offset...]).copyMemory(from: source)
            }
        }
    }

    /// Appends the literal's UTF-8.
    package mutating func append(_ literal: StaticString) {
        literal.withUTF8Buffer { unsafe append(contentsOf: $0) }
    }
}

extension OutputSpan<UInt8> {
    /// Appends the bytes as one copy; traps unless there is room for all.
    @inlinable
    @inline(__always)
    package mutating func append(_ bytes: RawSpan) {
        precondition(bytes.byteCount <= freeCapacity, "no room for these bytes")
        unsafe withUnsafeMutableBufferPointer { buffer, count in
            unsafe bytes.withUnsafeBytes { source in
                unsafe UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[count...])
                    .copyMemory(from: source)
            }
            count &+= bytes.byteCount
        }
    }

    /// Appends the lowest bytes of a word, the lowest one first; traps unless there is room for all eight, because for
    /// speed all eight are written.
    @inlinable
    @inline(__always)
    package mutating func append(firstBytes byteCount: Int, of word: UInt64) {
        precondition(byteCount >= 0 && byteCount <= 8 && freeCapacity >= 8, "no room for a word")
        unsafe withUnsafeMutableBufferPointer { buffer, count in
            unsafe UnsafeMutableRawBufferPointer(buffer)
                .storeBytes(of: word.littleEndian, toByteOffset: count, as: UInt64.self)
            count &+= byteCount
        }
    }
}

// The same 128 bits in other lanes, the lowest first as they lie in memory; every pattern of bits is a value of each.
extension SIMD16<UInt8> {
    @inlinable
    package var lanes16: SIMD8<UInt16> { unsafe unsafeBitCast(self, to: SIMD8<UInt16>.self) }
    @inlinable
    package var lanes64: SIMD2<UInt64> { unsafe unsafeBitCast(self, to: SIMD2<UInt64>.self) }
}

extension SIMD8<UInt16> {
    @inlinable
    package var lanes32: SIMD4<UInt32> { unsafe unsafeBitCast(self, to: SIMD4<UInt32>.self) }
}

extension SIMD4<UInt32> {
    @inlinable
    package var lanes64: SIMD2<UInt64> { unsafe unsafeBitCast(self, to: SIMD2<UInt64>.self) }
}

extension SIMD2<UInt64> {
    @inlinable
    package var lanes8: SIMD16<UInt8> { unsafe unsafeBitCast(self, to: SIMD16<UInt8>.self) }
}

extension StaticString {
    /// The literal's UTF-8: it lies in the program itself and lives as long.
    package var rawSpan: RawSpan {
        @_lifetime(immortal)
        get {
            let bytes = unsafe UnsafeRawBufferPointer(start: utf8Start, count: utf8CodeUnitCount)
            return unsafe _overrideLifetime(RawSpan(_unsafeBytes: bytes), copying: ())
        }
    }
}
