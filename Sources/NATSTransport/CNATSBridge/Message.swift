import CNATS
import Glibc

/// A message as it came from the server. Owns its natsMsg and frees it in `deinit`; the spans that it shows cannot
/// outlive it. No byte of it is copied.
@safe package struct Message: ~Copyable {
    let raw: OpaquePointer

    init(owning raw: OpaquePointer) {
        unsafe self.raw = raw
    }

    deinit {
        unsafe token_service_free_message(raw)
    }

    /// Gives the natsMsg away instead of freeing it.
    consuming func release() -> OpaquePointer {
        let raw = unsafe raw
        discard self
        return unsafe raw
    }

    package var payload: RawSpan {
        @_lifetime(borrow self)
        get {
            let count = Int(unsafe natsMsg_GetDataLength(raw))
            let start = unsafe natsMsg_GetData(raw)
            let buffer = unsafe UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : count)
            return unsafe _overrideLifetime(RawSpan(_unsafeBytes: buffer), borrowing: self)
        }
    }

    /// Of memory: with its subjects and headers, which can be longer than the payload.
    var heldBytes: Int { unsafe token_service_message_bytes(raw) }

    package var subject: RawSpan {
        @_lifetime(borrow self)
        get {
            unsafe _overrideLifetime(bytes(ofCString: natsMsg_GetSubject(raw)).bytes, borrowing: self)
        }
    }

    /// `nil` when the sender wants no answer.
    package var replySubject: RawSpan? {
        @_lifetime(borrow self)
        get {
            guard unsafe replyCString != nil else { return nil }
            return unsafe _overrideLifetime(bytes(ofCString: replyCString).bytes, borrowing: self)
        }
    }

    /// The token of the subject below `inbox`; nil when the subject is another one.
    @_lifetime(borrow self)
    func name(below inbox: String) -> RawSpan? {
        let subject = unsafe bytes(ofCString: natsMsg_GetSubject(raw))
        let prefix = inbox.utf8Span.span
        guard subject.count > prefix.count + 1, subject[prefix.count] == UInt8(ascii: ".") else { return nil }
        for index in prefix.indices where subject[index] != prefix[index] { return nil }
        return unsafe _overrideLifetime(subject.extracting(droppingFirst: prefix.count + 1).bytes, borrowing: self)
    }

    func hasSubject(_ other: String) -> Bool {
        let subject = unsafe bytes(ofCString: natsMsg_GetSubject(raw))
        let other = other.utf8Span.span
        guard subject.count == other.count else { return false }
        for index in other.indices where subject[index] != other[index] { return false }
        return true
    }

    /// The first value of a header, copied.
    package func header(_ name: String) -> String? {
        var value: UnsafePointer<CChar>?
        guard unsafe natsMsgHeader_Get(raw, name, &value) == NATS_OK, let value = unsafe value else { return nil }
        return unsafe String(cString: value)
    }

    /// Points into the natsMsg.
    var replyCString: UnsafePointer<CChar>? {
        guard let reply = unsafe natsMsg_GetReply(raw), unsafe reply.pointee != 0 else { return nil }
        return unsafe reply
    }

    @_lifetime(borrow self)
    private func bytes(ofCString string: UnsafePointer<CChar>?) -> Span<UInt8> {
        let count = unsafe string.map { unsafe strlen($0) } ?? 0
        let start = unsafe UnsafeRawPointer(string)?.assumingMemoryBound(to: UInt8.self)
        let buffer = unsafe UnsafeBufferPointer(start: start, count: count)
        return unsafe _overrideLifetime(Span(_unsafeElements: buffer), borrowing: self)
    }
}
