import CNATS
import Glibc

extension NATSSession {
    enum ReadResult {
        case read
        /// A TLS record has arrived in part; epoll is told to wait for the rest of it.
        case incomplete
    }

    /// One read of the socket into cnats' parser. The loop drains every subscription after each.
    ///
    /// With TLS, cnats waits inside its read until a whole record is there, holding its mutex and this thread. So a
    /// record is first looked at with MSG_PEEK, and until all of it has arrived `SO_RCVLOWAT` keeps epoll quiet. The
    /// price is two system calls more a read, and reads of at most a record (16 KiB).
    func read() -> ReadResult {
        if encryption != .plain {
            let peeked = TLSRecord.peek(signals.socket)
            if encryption == .unknown { encryption = peeked.isTLS ? .tls : .plain }
            if encryption == .tls, let missing = peeked.bytesNeeded {
                setOption(signals.socket, SOL_SOCKET, SO_RCVLOWAT, CInt(missing))
                return .incomplete
            }
            if encryption == .tls { setOption(signals.socket, SOL_SOCKET, SO_RCVLOWAT, 1) }
        }
        unsafe natsConnection_ProcessReadEvent(connection)
        return .read
    }

    /// One write of what cnats has buffered, if it has asked for one, and the right epoll registration after it.
    ///
    /// After a partial write the callback still says ADD: then, and only then, EPOLLOUT is asked for. Returns whether
    /// the loop should try again shortly by itself (see `mayWrite`).
    func write() -> Bool {
        var triesAgain = false
        if signals.writeWanted && !signals.isLost {
            if mayWrite {
                unsafe natsConnection_ProcessWriteEvent(connection)
            } else {
                triesAgain = true
            }
        }
        updateInterest(writing: signals.writeWanted && !triesAgain)
        return triesAgain
    }

    /// cnats has bytes to send, and nothing is arranged yet that would send them.
    var needsWrite: Bool { signals.writeWanted && !registeredWriting }

    /// With TLS, cnats blocks inside its write, holding its mutex, when the socket is full. So a write is made only
    /// when all of it fits into the socket's buffer (bookkeeping of the kernel's counted twice), or when that buffer
    /// is empty: then the peer is reading, and the wait is its reading speed, bounded by TCP_USER_TIMEOUT.
    private var mayWrite: Bool {
        guard encryption == .tls else { return true }
        let unacknowledged = Int(token_service_bytes_unacknowledged(signals.socket))
        guard unacknowledged > 0 else { return true }
        return unacknowledged + 2 * bufferedBytes + 4_096 <= sendBufferBytes / 2
    }

    private var sendBufferBytes: Int {
        var value: CInt = 0
        var length = socklen_t(MemoryLayout<CInt>.size)
        unsafe getsockopt(signals.socket, SOL_SOCKET, SO_SNDBUF, &value, &length)
        return Int(value)
    }

    /// One epoll_ctl, and only when something has changed.
    func updateInterest(writing: Bool) {
        let reading = !readingPaused
        guard reading != registeredReading || writing != registeredWriting else { return }
        let socket = signals.socket
        guard socket >= 0 else { return }
        _ = SocketInterest.change(socket, in: epoll, reading: reading, writing: writing, tag: tag)
        registeredReading = reading
        registeredWriting = writing
    }

    /// Publishes `number` to the loop's own inbox.
    func sendEcho(_ number: UInt64) {
        let text = String(number)
        _ = unsafe natsConnection_PublishString(connection, inboxSubject, text)
    }
}

/// The head of a TLS record, as it stands at the front of a socket's queue.
enum TLSRecord {
    private static let headerBytes = 5

    /// `bytesNeeded`: how many bytes must be in the socket before a whole record is; `nil` when they are, and at the
    /// end of the stream or an error, which a read should find.
    static func peek(_ socket: CInt) -> (isTLS: Bool, bytesNeeded: Int?) {
        var header: InlineArray<5, UInt8> = [0, 0, 0, 0, 0]
        let count = unsafe recv(socket, &header, headerBytes, CInt(MSG_PEEK) | CInt(MSG_DONTWAIT))
        guard count > 0 else { return (false, nil) }
        // Record types are 20 to 24; the NATS protocol's lines begin with a letter, '+' or '-'.
        guard (20...24).contains(header[0]) else { return (false, nil) }
        guard count == headerBytes else { return (true, headerBytes) }
        let needed = headerBytes + Int(header[3]) << 8 + Int(header[4])
        return (true, Int(token_service_bytes_readable(socket)) >= needed ? nil : needed)
    }
}
