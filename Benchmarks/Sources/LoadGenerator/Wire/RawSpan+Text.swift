internal import CLoad
import Glibc

/// Comparisons of bytes, by the C library's vectorised functions: each reply is looked at with one or two of these.
extension RawSpan {
    func holds(_ other: RawSpan, at offset: Int) -> Bool {
        guard offset >= 0, byteCount - offset >= other.byteCount else { return false }
        return unsafe withUnsafeBytes { mine in
            unsafe other.withUnsafeBytes { theirs in
                guard let start = mine.baseAddress, let wanted = theirs.baseAddress else { return unsafe theirs.isEmpty }
                return unsafe memcmp(start + offset, wanted, theirs.count) == 0
            }
        }
    }

    func hasPrefix(_ other: [UInt8]) -> Bool { holds(other.raw, at: 0) }

    func isEqual(to other: [UInt8]) -> Bool { byteCount == other.count && hasPrefix(other) }

    func offset(of other: RawSpan, from start: Int = 0) -> Int? {
        guard start <= byteCount else { return nil }
        return unsafe withUnsafeBytes { mine in
            unsafe other.withUnsafeBytes { theirs -> Int? in
                guard let base = mine.baseAddress, let wanted = theirs.baseAddress else { return nil }
                let found = unsafe load_find(base + start, mine.count - start, wanted, theirs.count)
                return unsafe found.map { unsafe UnsafeRawPointer($0) - base }
            }
        }
    }

    func offset(of text: [UInt8], from start: Int = 0) -> Int? { offset(of: text.raw, from: start) }

    func byte(at offset: Int) -> UInt8 { unsafe unsafeLoad(fromByteOffset: checked(offset), as: UInt8.self) }

    private func checked(_ offset: Int) -> Int {
        precondition(offset >= 0 && offset < byteCount)
        return offset
    }

    var array: [UInt8] { unsafe withUnsafeBytes { unsafe Array($0) } }

    var text: String { String(decoding: array, as: UTF8.self) }
}

extension [UInt8] {
    var raw: RawSpan {
        @_lifetime(borrow self)
        get { unsafe span.bytes }
    }
}
