import CNATS
import Glibc
import Synchronization

/// What cnats tells the loop about one TCP session, through its four event-loop callbacks and
/// that for a lame duck.
///
/// The four come on the loop's thread, but also on cnats' own (a subscription's drain flushes from a thread of its
/// own), and always with the connection's mutex held. So they set an atomic, do one epoll_ctl or write the eventfd, and
/// nothing else; waiting for the loop there would be a deadlock.
///
/// The flags are the only thing shared. `writeWanted` is stored with release and loaded with acquire for form's sake:
/// the bytes themselves are guarded by the connection's mutex. An eventfd write follows a store from another thread, so
/// the loop cannot sleep through it.
final class SessionSignals: Sendable {
    let tag: UInt64
    private let epoll: CInt
    private let wake: CInt
    private let loopThread: pthread_t
    private let socketNumber = Atomic<CInt>(-1)
    private let writeWantedFlag = Atomic(false)
    private let readRemovedFlag = Atomic(false)
    private let lameDuckFlag = Atomic(false)
    private let connectionBits = Atomic<UInt>(0)

    /// Made on the loop's thread.
    init(tag: UInt64, epoll: CInt, wake: CInt) {
        self.tag = tag
        self.epoll = epoll
        self.wake = wake
        loopThread = pthread_self()
    }

    /// The socket, or -1 once cnats has taken it away.
    var socket: CInt { socketNumber.load(ordering: .acquiring) }

    /// The last `write` callback said ADD: only then may ProcessWriteEvent be called, because with an empty buffer it
    /// sends no bytes, takes that for a close, and disconnects.
    var writeWanted: Bool { writeWantedFlag.load(ordering: .acquiring) }

    /// cnats has given the session up.
    var isLost: Bool { readRemovedFlag.load(ordering: .acquiring) }

    /// The server has said that it will stop.
    var isLameDuck: Bool { lameDuckFlag.load(ordering: .acquiring) }

    func serverWillStop() {
        lameDuckFlag.store(true, ordering: .releasing)
        wakeFromElsewhere()
    }

    fileprivate func attach(connection: OpaquePointer?, socket: CInt) -> Bool {
        connectionBits.store(UInt(bitPattern: connection), ordering: .releasing)
        socketNumber.store(socket, ordering: .releasing)
        return SocketInterest.add(socket, to: epoll, tag: tag)
    }

    fileprivate func write(add: Bool) {
        writeWantedFlag.store(add, ordering: .releasing)
        wakeFromElsewhere()
    }

    /// At once, because cnats closes the descriptor next and its number may be given out again.
    fileprivate func readRemoved() {
        let socket = socketNumber.exchange(-1, ordering: .acquiringAndReleasing)
        if socket >= 0 {
            SocketInterest.remove(socket, from: epoll)
            token_service_socket_removed(socket)
        }
        readRemovedFlag.store(true, ordering: .releasing)
        wakeFromElsewhere()
    }

    fileprivate func detached() {
        unsafe token_service_detached(OpaquePointer(bitPattern: connectionBits.load(ordering: .acquiring)))
    }

    private func wakeFromElsewhere() {
        guard pthread_equal(pthread_self(), loopThread) == 0 else { return }
        var one: UInt64 = 1
        _ = unsafe Glibc.write(wake, &one, 8)
    }
}

/// The C functions themselves. Literals without context, so nonisolated: one written in an isolated place would
/// trap when cnats calls it on another thread.
///
/// `attach` takes a reference to the signals for cnats and `detach` gives it back; between the two cnats may call at
/// any time, afterwards never.
enum EventLoopCallbacks {
    static let attach: natsEvLoop_Attach = { userData, loop, connection, socket in
        guard let userData = unsafe userData, let loop = unsafe loop else { return NATS_INVALID_ARG }
        let signals = unsafe Unmanaged<SessionSignals>.fromOpaque(loop)
        guard unsafe signals.takeUnretainedValue().attach(connection: connection, socket: socket) else {
            return NATS_ERR
        }
        unsafe userData.pointee = unsafe signals.retain().toOpaque()
        return NATS_OK
    }

    static let read: natsEvLoop_ReadAddRemove = { userData, add in
        guard let userData = unsafe userData else { return NATS_INVALID_ARG }
        if !add { unsafe Unmanaged<SessionSignals>.fromOpaque(userData).takeUnretainedValue().readRemoved() }
        return NATS_OK
    }

    static let write: natsEvLoop_WriteAddRemove = { userData, add in
        guard let userData = unsafe userData else { return NATS_INVALID_ARG }
        unsafe Unmanaged<SessionSignals>.fromOpaque(userData).takeUnretainedValue().write(add: add)
        return NATS_OK
    }

    static let detach: natsEvLoop_Detach = { userData in
        guard let userData = unsafe userData else { return NATS_INVALID_ARG }
        unsafe Unmanaged<SessionSignals>.fromOpaque(userData).takeRetainedValue().detached()
        return NATS_OK
    }
}
