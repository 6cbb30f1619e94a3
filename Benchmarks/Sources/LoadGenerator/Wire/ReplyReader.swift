/// The server's bytes, and the messages in them. A reply is looked at where it was read to; only lines that are not
/// messages are searched for their end.
struct ReplyReader: ~Copyable {
    var queue = ByteQueue(capacity: 1 << 20)
    var pingsReceived = 0
    /// What the server complained of.
    private(set) var lastWords: String?
    private let inbox: [UInt8]
    private let subscriptionID = Array(" 1 ".utf8)
    private let ping = Array("PING".utf8)
    private let error = Array("-ERR".utf8)

    /// `inbox`: what all reply subjects begin with.
    init(inbox: [UInt8]) {
        self.inbox = inbox
    }

    @inline(__always)
    mutating func takeMessages(_ take: (_ slot: Int, _ headers: RawSpan, _ payload: RawSpan) -> Void) {
        var used = 0
        while true {
            let step = takeMessage(at: used, take)
            if step > 0 {
                used += step
                continue
            }
            let line = otherLine(at: used)
            guard line > 0 else { break }
            used += line
        }
        queue.consume(used)
    }

    /// Bytes taken; 0 when there is no message, or not all of it.
    @inline(__always)
    private func takeMessage(
        at start: Int, _ take: (_ slot: Int, _ headers: RawSpan, _ payload: RawSpan) -> Void
    ) -> Int {
        let bytes = queue.bytes
        let count = bytes.byteCount
        // `MSG ` or `HMSG `, the inbox, a slot, ` 1 `, one or two numbers, CR LF.
        guard start + 5 < count else { return 0 }
        let first = bytes.byte(at: start)
        let hasHeaders = first == UInt8(ascii: "H")
        guard hasHeaders || first == UInt8(ascii: "M") else { return 0 }
        let subject = start + (hasHeaders ? 5 : 4)
        let slotAt = subject + inbox.count
        var at = slotAt + ReplySlot.width + subscriptionID.count
        guard at < count, bytes.holds(inbox.raw, at: subject), bytes.holds(subscriptionID.raw, at: slotAt + ReplySlot.width)
        else { return 0 }
        let slot = ReplySlot.number(bytes.byte(at: slotAt), bytes.byte(at: slotAt + 1), bytes.byte(at: slotAt + 2))
        var (headerLength, length) = (0, 0)
        while true {
            guard at < count else { return 0 }
            let byte = bytes.byte(at: at)
            at += 1
            if byte == UInt8(ascii: "\r") { break }
            if byte == UInt8(ascii: " ") {
                (headerLength, length) = (length, 0)
            } else {
                length = length &* 10 &+ Int(byte &- UInt8(ascii: "0"))
            }
        }
        at += 1
        guard length >= headerLength, at + length + 2 <= count else { return 0 }
        take(slot ?? -1, bytes.extracting(at..<at + headerLength), bytes.extracting(at + headerLength..<at + length))
        return at + length + 2 - start
    }

    /// Bytes taken; 0 when the next line is a message, or not whole.
    private mutating func otherLine(at start: Int) -> Int {
        let line = lineOtherThanMessage(at: start)
        if line.isPing { pingsReceived += 1 }
        if let words = line.complaint { lastWords = words }
        return line.length
    }

    private func lineOtherThanMessage(at start: Int) -> (length: Int, isPing: Bool, complaint: String?) {
        let bytes = queue.bytes
        guard start < bytes.byteCount, bytes.byte(at: start) != UInt8(ascii: "M"), bytes.byte(at: start) != UInt8(ascii: "H"),
            let end = bytes.offset(of: [UInt8(ascii: "\n")], from: start)
        else { return (0, false, nil) }
        let complains = bytes.holds(error.raw, at: start)
        let complaint = complains ? bytes.extracting(start + 5..<max(start + 5, end - 1)).text : nil
        return (end + 1 - start, bytes.holds(ping.raw, at: start), complaint)
    }
}
