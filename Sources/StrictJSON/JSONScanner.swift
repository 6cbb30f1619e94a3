/// Reads one JSON text, strictly, front to back, as the caller asks for it.
///
/// Promises. What it has accepted by the time `finish()` returns is one value of RFC 8259 in valid UTF-8, whatever
/// the caller skipped of it: no byte order mark, no duplicate key (compared after unescaping), no lone surrogate, no
/// control byte, no trailing byte, and nothing beyond `JSONLimits`. Two strict readers can therefore not read two
/// different things in it, which is how signed tokens are forged elsewhere. Nothing in a text makes it trap.
///
/// Use. The caller drives it by what it expects: `beginObject()`, then `nextKey()` until nil, each key followed by one
/// read (or `skipValue()`); `peek()` tells the kind first where that is open. After an error the scanner must not
/// be asked anything more. Asking for the next key outside an object is a defect of the caller, and traps.
///
/// Cost. One pass; no allocation ever: the keys that duplicates are looked for among are offsets in the scanner itself
/// (half a kilobyte on the stack). Strings are searched for their end by words of eight bytes, so a request that is one
/// token costs some fifty nanoseconds. The price of a duplicate check is quadratic in the members of one object, and
/// those are limited to sixty-four.
///
/// It was chosen over a tree of values (allocations, and a second walk to validate) and over an event interface (a
/// closure a token, and state kept by hand in every reader). It belongs to whoever made it and crosses no threads.
package struct JSONScanner: ~Escapable {
    /// What is being read; the `JSONString`s that come out of the scanner belong to it.
    package let text: RawSpan
    /// The next byte to be read.
    var position = 0
    /// Containers open now. Bit n of `arrays` says whether the one at depth n is an array.
    private var depth = 0
    private var arrays: UInt32 = 0
    /// Whether the innermost container was opened and nothing in it has been read.
    private var isAtFirst = false
    private var keys = OpenKeys()

    @_lifetime(copy text)
    package init(_ text: RawSpan) {
        self.text = text
    }

    /// How many bytes have been read, in bytes from the start of the text.
    package var offset: Int { position }

    // MARK: Containers

    /// The kind of the value that comes next; white space before it is passed over.
    package mutating func peek() throws(JSONError) -> JSONKind {
        switch try nextByte() {
        case UInt8(ascii: "\""): return .string
        case UInt8(ascii: "{"): return .object
        case UInt8(ascii: "["): return .array
        case UInt8(ascii: "t"), UInt8(ascii: "f"): return .boolean
        case UInt8(ascii: "n"): return .null
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number
        default: throw JSONError(.unexpectedByte, at: position)
        }
    }

    package mutating func beginObject() throws(JSONError) {
        try expect(.object)
        try open(isArray: false)
    }

    package mutating func beginArray() throws(JSONError) {
        try expect(.array)
        try open(isArray: true)
    }

    /// The next key of the innermost object, the colon behind it read; nil at the closing brace, which is then read
    /// too.
    package mutating func nextKey() throws(JSONError) -> JSONString? {
        precondition(depth > 0 && !isInArray, "nextKey() outside an object")
        guard try advance(closing: UInt8(ascii: "}")) else {
            keys.close()
            return nil
        }
        guard try nextByte() == UInt8(ascii: "\"") else { throw JSONError(.unexpectedByte, at: position) }
        let key = try scanString()
        try keys.insert(key, of: text)
        guard try nextByte() == UInt8(ascii: ":") else { throw JSONError(.unexpectedByte, at: position) }
        position += 1
        return key
    }

    /// Whether the innermost array has another element, which is then next; false at the closing bracket, which is
    /// then read too.
    package mutating func nextElement() throws(JSONError) -> Bool {
        precondition(depth > 0 && isInArray, "nextElement() outside an array")
        return try advance(closing: UInt8(ascii: "]"))
    }

    /// Reads one value of any kind and forgets it. It is held to the same rules as one that is wanted.
    package mutating func skipValue() throws(JSONError) {
        let outside = depth
        repeat {
            if depth > outside {
                let hasMore = isInArray ? try nextElement() : try nextKey() != nil
                guard hasMore else { continue }
            }
            switch try peek() {
            case .object: try beginObject()
            case .array: try beginArray()
            case .string: _ = try scanString()
            case .number: _ = try scanNumber()
            case .boolean: _ = try readBoolean()
            case .null: try readNull()
            }
        } while depth > outside
    }

    /// Ends the reading: anything but white space behind the value is refused.
    package mutating func finish() throws(JSONError) {
        precondition(depth == 0, "finish() inside a container")
        skipWhiteSpace()
        guard position == text.byteCount else { throw JSONError(.trailingBytes, at: position) }
    }

    // MARK: Steps

    private var isInArray: Bool { arrays & (1 << UInt32(truncatingIfNeeded: depth)) != 0 }

    private mutating func open(isArray: Bool) throws(JSONError) {
        guard depth < JSONLimits.depth else { throw JSONError(.tooDeep, at: position) }
        position += 1
        depth += 1
        let bit: UInt32 = 1 << UInt32(truncatingIfNeeded: depth)
        if isArray {
            arrays |= bit
        } else {
            arrays &= ~bit
            keys.open()
        }
        isAtFirst = true
    }

    /// To the next member or element of the innermost container: true when there is one, false when it was closed.
    private mutating func advance(closing: UInt8) throws(JSONError) -> Bool {
        let byte = try nextByte()
        if byte == closing {
            position += 1
            depth -= 1
            isAtFirst = false
            return false
        }
        if isAtFirst {
            isAtFirst = false
            return true
        }
        guard byte == UInt8(ascii: ",") else { throw JSONError(.unexpectedByte, at: position) }
        position += 1
        return true
    }

    mutating func expect(_ kind: JSONKind) throws(JSONError) {
        guard try peek() == kind else { throw JSONError(.unexpectedKind, at: position) }
    }

    /// The first byte that is no white space; it stays unread.
    @inline(__always)
    mutating func nextByte() throws(JSONError) -> UInt8 {
        if position < text.byteCount {
            let byte = text[position]
            if byte > 0x20 { return byte }
        }
        return try nextByteAfterWhiteSpace()
    }

    @inline(never)
    private mutating func nextByteAfterWhiteSpace() throws(JSONError) -> UInt8 {
        skipWhiteSpace()
        guard position < text.byteCount else { throw JSONError(.unexpectedEnd, at: position) }
        return text[position]
    }

    private mutating func skipWhiteSpace() {
        while position < text.byteCount {
            switch text[position] {
            case 0x20, 0x0a, 0x0d, 0x09: position += 1
            default: return
            }
        }
    }
}
