import CNATS
import Glibc

/// Level-triggered epoll (rule: cnats reads once an event and leaves the rest in the socket; an edge would be lost).
///
/// Every registration carries a tag, and a tag is never used twice: descriptors' numbers are, so an event that was
/// fetched before a session died could otherwise be taken for its successor's.
@safe struct Poller: ~Copyable {
    /// Of one socket.
    struct Readiness {
        var readable = false
        /// The peer sends no more; what it has sent can still be read.
        var ended = false
        /// The peer is gone or the socket is in error; reported even when nothing was asked for.
        var broken = false

        fileprivate mutating func add(_ bits: UInt32) {
            readable = readable || bits & EPOLLIN.rawValue != 0
            ended = ended || bits & EPOLLRDHUP.rawValue != 0
            broken = broken || bits & (EPOLLHUP.rawValue | EPOLLERR.rawValue) != 0
        }
    }

    struct Result {
        var wake = false
        var session = Readiness()
        var predecessor = Readiness()
    }

    static let wakeTag: UInt64 = 0
    private let descriptor: FileDescriptor
    private var events = unsafe [epoll_event](repeating: epoll_event(), count: 8)

    init(wake: CInt) throws(TransportError) {
        let created = try FileDescriptor(epoll_create1(CInt(EPOLL_CLOEXEC)), orThrow: "epoll_create1")
        guard SocketInterest.add(wake, to: created.raw, tag: Self.wakeTag) else {
            throw TransportError(.system, "epoll_ctl: errno \(errno)")
        }
        descriptor = created
    }

    var raw: CInt { descriptor.raw }

    /// Waits until something is ready, at most `nanoseconds` (`nil`: for ever). Events whose tag is neither the
    /// wake's nor one of the sessions' are stale and dropped.
    mutating func wait(nanoseconds: UInt64?, session: UInt64?, predecessor: UInt64?) -> Result {
        let count = unsafe epoll_wait(descriptor.raw, &events, CInt(events.count), milliseconds(nanoseconds))
        var result = Result()
        // Any other error means that the descriptor is not ours any more; to go on would be a loop that spins, deaf.
        precondition(count >= 0 || errno == EINTR, "epoll_wait failed on the loop's own descriptor")
        guard count > 0 else { return result }
        for index in 0..<Int(count) {
            let (bits, tag) = unsafe (events[index].events, events[index].data.u64)
            if tag == Self.wakeTag {
                result.wake = true
            } else if tag == session {
                result.session.add(bits)
            } else if tag == predecessor {
                result.predecessor.add(bits)
            }
        }
        return result
    }

    /// Rounded up, so that a deadline has passed when the wait for it ends.
    private func milliseconds(_ nanoseconds: UInt64?) -> CInt {
        guard let nanoseconds else { return -1 }
        return CInt(min((nanoseconds + 999_999) / 1_000_000, 60_000))
    }
}

/// The epoll calls that cnats' callbacks need too, on whatever thread they come: each is one system call.
enum SocketInterest {
    static func add(_ socket: CInt, to epoll: CInt, tag: UInt64) -> Bool {
        control(EPOLL_CTL_ADD, socket, epoll, reading: true, writing: false, tag: tag)
    }

    static func change(_ socket: CInt, in epoll: CInt, reading: Bool, writing: Bool, tag: UInt64) -> Bool {
        control(EPOLL_CTL_MOD, socket, epoll, reading: reading, writing: writing, tag: tag)
    }

    static func remove(_ socket: CInt, from epoll: CInt) {
        _ = control(EPOLL_CTL_DEL, socket, epoll, reading: false, writing: false, tag: 0)
    }

    private static func control(
        _ operation: CInt, _ socket: CInt, _ epoll: CInt, reading: Bool, writing: Bool, tag: UInt64
    ) -> Bool {
        var event = unsafe epoll_event()
        unsafe event.events = (reading ? EPOLLIN.rawValue | EPOLLRDHUP.rawValue : 0) | (writing ? EPOLLOUT.rawValue : 0)
        unsafe event.data.u64 = tag
        return unsafe epoll_ctl(epoll, operation, socket, &event) == 0
    }
}
