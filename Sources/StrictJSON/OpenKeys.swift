/// The keys of the objects that are open now, so that a duplicate is found: a stack of offsets inside the scanner.
///
/// One stack for all depths, because only the innermost object's keys are compared and a closed object's are
/// forgotten. Comparing with each key before it is quadratic, but for the handful of members that a request has it
/// is cheaper than any table, and `JSONLimits.members` bounds it at two thousand comparisons, most of them of a length.
struct OpenKeys {
    /// Start in the upper half, end in the lower; the topmost bit says that there are escapes.
    private var entries = InlineArray<64, UInt64>(repeating: 0)
    private var count = 0
    /// Where the keys of each open object begin, by the number of objects around it.
    private var bases = InlineArray<16, UInt8>(repeating: 0)
    private var objects = 0

    private static let escapesBit: UInt64 = 1 << 63

    init() {
        assert(entries.count == JSONLimits.members && bases.count == JSONLimits.depth)
    }

    mutating func open() {
        bases[objects] = UInt8(count)
        objects += 1
    }

    mutating func close() {
        objects -= 1
        count = Int(bases[objects])
    }

    mutating func insert(_ key: JSONString, of text: RawSpan) throws(JSONError) {
        var index = Int(bases[objects - 1])
        while index < count {
            guard !key.matches(entry(index), in: text) else { throw JSONError(.duplicateKey, at: key.start - 1) }
            index += 1
        }
        guard count < JSONLimits.members else { throw JSONError(.tooManyMembers, at: key.start - 1) }
        guard key.end <= JSONLimits.bytes else { throw JSONError(.tooLong, at: key.start - 1) }
        entries[count] = UInt64(key.start) << 32 | UInt64(key.end) | (key.hasEscapes ? Self.escapesBit : 0)
        count += 1
    }

    private func entry(_ index: Int) -> JSONString {
        let packed = entries[index]
        let start = Int((packed & ~Self.escapesBit) >> 32)
        return JSONString(start: start, end: Int(packed & 0xffff_ffff), hasEscapes: packed & Self.escapesBit != 0)
    }
}
