/// Bytes on their way to or from a socket: added at the end, taken from the front. Owns its memory; grows by doubling and
/// never shrinks, so a run that is under way does not allocate.
@safe struct ByteQueue: ~Copyable {
    private var base: UnsafeMutableRawPointer
    private var capacity: Int
    private var front = 0
    private var end = 0

    init(capacity: Int) {
        self.capacity = capacity
        unsafe base = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 64)
    }

    deinit {
        unsafe base.deallocate()
    }

    var count: Int { end - front }

    var bytes: RawSpan {
        @_lifetime(borrow self)
        get {
            let buffer = unsafe UnsafeRawBufferPointer(start: base + front, count: count)
            return unsafe _overrideLifetime(RawSpan(_unsafeBytes: buffer), borrowing: self)
        }
    }

    mutating func consume(_ count: Int) {
        precondition(count <= self.count)
        front += count
        if front == end { (front, end) = (0, 0) }
    }

    mutating func append(_ span: RawSpan) {
        let count = span.byteCount
        makeRoom(count)
        unsafe span.withUnsafeBytes { bytes in
            if let start = bytes.baseAddress { unsafe (base + end).copyMemory(from: start, byteCount: count) }
        }
        end += count
    }

    mutating func append(_ bytes: [UInt8]) {
        append(bytes.raw)
    }

    mutating func append(_ bytes: [UInt8], _ range: Range<Int>) {
        append(bytes.raw.extracting(range))
    }

    mutating func append(_ text: String) {
        append(Array(text.utf8))
    }

    /// Replaces a byte that was appended, `distance` bytes before the end.
    mutating func replace(fromEnd distance: Int, with byte: UInt8) {
        precondition(distance > 0 && distance <= count)
        unsafe base.storeBytes(of: byte, toByteOffset: end - distance, as: UInt8.self)
    }

    private mutating func makeRoom(_ needed: Int) {
        guard capacity - end < needed else { return }
        if front > 0 && capacity - count >= needed && front >= count {
            unsafe base.copyMemory(from: base + front, byteCount: count)
        } else {
            let larger = max(capacity * 2, count + needed)
            let new = UnsafeMutableRawPointer.allocate(byteCount: larger, alignment: 64)
            unsafe new.copyMemory(from: base + front, byteCount: count)
            unsafe base.deallocate()
            unsafe base = new
            capacity = larger
        }
        (front, end) = (0, count)
    }

    enum Transfer: Equatable {
        case some
        /// Nothing now: the socket is empty, or full.
        case none
        /// The peer is gone.
        case ended
    }

    /// One read. With `waiting`, until something is there or the socket's time-out has passed.
    mutating func read(from socket: borrowing Socket, upTo most: Int, waiting: Bool) -> Transfer {
        // What is left is the beginning of one message, so this moves little.
        if front > 0 {
            unsafe base.copyMemory(from: base + front, byteCount: count)
            (front, end) = (0, count)
        }
        makeRoom(most)
        guard let received = unsafe socket.receive(base + end, room: capacity - end, waiting: waiting) else { return .ended }
        end += received
        return received > 0 ? .some : .none
    }

    /// One write; what does not fit stays.
    mutating func write(to socket: borrowing Socket) -> Transfer {
        guard count > 0 else { return .some }
        guard let sent = unsafe socket.send(base + front, count: count) else { return .ended }
        consume(sent)
        return sent > 0 ? .some : .none
    }
}
