import CNATS
import Glibc

extension NATSSession {
    enum ReadResult {
        case read
        /// A TLS record has arrived in part; epoll is told to wait for the rest of it.
        case incomplete
        /// The same, and epoll does not keep to it: it calls a socket readable too when its window is nearly closed.
        /// The loop should try again shortly by itself.
        case triesAgain
    }

    /// One read of the socket into cnats' parser. The loop drains every subscription after each.
    ///
    /// With TLS, cnats waits inside its read until a whole record is there, holding its mutex and this thread. So a
    /// record is first looked at with MSG_PEEK, and until all of it has arrived `SO_RCVLOWAT` keeps epoll quiet. The
    /// price is two system calls more a read, and reads of at most a record (16 KiB).
    /// `isEnded`: nothing more will come, so a read of what is there finds the end and does not wait.
    func read(isEnded: Bool) -> ReadResult {
        if encryption != .plain {
            switch TLSRecord.peek(signals.socket) {
            case .plain:
                if encryption == .unknown { encryption = .plain }
            case .wholeRecord:
                if encryption == .unknown { foundTLS() }
                awaitBytes(1)
            case .incomplete where isEnded:
                break
            case .incomplete(let bytesNeeded):
                if bytesNeeded > 1 && bytesNeeded == awaitedBytes { return .triesAgain }
                awaitBytes(bytesNeeded)
                return .incomplete
            case .ended:
                break
            }
        }
        unsafe natsConnection_ProcessReadEvent(connection)
        return .read
    }

    private func foundTLS() {
        encryption = .tls
        // The more fits, the less often a write has to wait.
        setOption(signals.socket, SOL_SOCKET, SO_SNDBUF, 4 << 20)
        // A record's first part stays in the socket, and with it all of the segment that it came in. In a small buffer
        // that closes the window before the rest has been let in, and both sides wait for their timers.
        setOption(signals.socket, SOL_SOCKET, SO_RCVBUF, 1 << 20)
    }

    private func awaitBytes(_ count: Int) {
        guard count != awaitedBytes else { return }
        setOption(signals.socket, SOL_SOCKET, SO_RCVLOWAT, CInt(count))
        awaitedBytes = count
    }

    enum WriteResult {
        case done
        /// What is left goes out when epoll says so.
        case awaitsRoom
        /// There is room, but not enough for all: the loop should try again shortly by itself.
        case triesAgain
    }

    /// One write of what cnats has buffered, if it has asked for one, and the right epoll registration after it.
    ///
    /// After a partial write the callback still says ADD: then, and only then, EPOLLOUT is asked for.
    func write() -> WriteResult {
        guard signals.writeWanted && !signals.isLost else {
            updateInterest(writing: false)
            return .done
        }
        let room = encryption == .tls ? roomForTLS() : .enough
        if room == .enough { unsafe natsConnection_ProcessWriteEvent(connection) }
        let writing = signals.writeWanted && room != .some
        updateInterest(writing: writing)
        return room == .some ? .triesAgain : writing ? .awaitsRoom : .done
    }

    private enum Room {
        case enough
        case some
        /// epoll would not call the socket writable either.
        case none
    }

    /// With TLS, cnats blocks inside its write, holding its mutex, when the socket is full. So a write is made only
    /// when all of it fits into the socket's buffer, or when that buffer is empty: then the peer is reading, and the
    /// wait is its reading speed, bounded by TCP_USER_TIMEOUT.
    private func roomForTLS() -> Room {
        let memory = SocketMemory(of: signals.socket)
        // Records and the kernel's bookkeeping come on top of the bytes.
        let needed = bufferedBytes + bufferedBytes / 4 + 8_192
        if memory.queued == 0 || memory.limit - memory.queued >= needed { return .enough }
        return memory.queued > memory.limit / 3 * 2 ? .none : .some
    }

    /// cnats has bytes to send, and nothing is arranged yet that would send them.
    var needsWrite: Bool { signals.writeWanted && !registeredWriting }

    func setReading(paused: Bool) {
        readingPaused = paused
        updateInterest(writing: registeredWriting)
    }

    /// One epoll_ctl, and only when something has changed.
    func updateInterest(writing: Bool) {
        let reading = !readingPaused && !readingHeld
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
        _ = unsafe natsConnection_PublishString(connection, "\(inboxSubject).\(RawSpan.echo)", text)
    }
}

/// What a socket's send queue may hold and holds, in the kernel's own measure.
struct SocketMemory {
    let limit: Int
    let queued: Int

    init(of socket: CInt) {
        // SK_MEMINFO_SNDBUF and SK_MEMINFO_WMEM_QUEUED of nine words.
        var words: InlineArray<9, UInt32> = .init(repeating: 0)
        var length = socklen_t(MemoryLayout<InlineArray<9, UInt32>>.size)
        unsafe getsockopt(socket, SOL_SOCKET, CInt(SO_MEMINFO), &words, &length)
        limit = Int(words[3])
        queued = Int(words[5])
    }
}

/// The head of a TLS record, as it stands at the front of a socket's queue.
enum TLSRecord {
    private static let headerBytes = 5

    enum Front {
        case plain
        case wholeRecord
        /// So many bytes must be in the socket before there is something to read.
        case incomplete(bytesNeeded: Int)
        /// The end of the stream or an error, which a read should find.
        case ended
    }

    static func peek(_ socket: CInt) -> Front {
        var header: InlineArray<5, UInt8> = [0, 0, 0, 0, 0]
        let count = unsafe recv(socket, &header, headerBytes, CInt(MSG_PEEK) | CInt(MSG_DONTWAIT))
        if count < 0 && errno == EAGAIN { return .incomplete(bytesNeeded: 1) }
        guard count > 0 else { return .ended }
        // Record types are 20 to 24; the NATS protocol's lines begin with a letter, '+' or '-'.
        guard (20...24).contains(header[0]) else { return .plain }
        guard count == headerBytes else { return .incomplete(bytesNeeded: headerBytes) }
        let needed = headerBytes + Int(header[3]) << 8 + Int(header[4])
        let isWhole = Int(token_service_bytes_readable(socket)) >= needed
        return isWhole ? .wholeRecord : .incomplete(bytesNeeded: needed)
    }
}
