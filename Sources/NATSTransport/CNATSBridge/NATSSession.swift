import CNATS
import Glibc

/// One TCP session: one natsConnection with its subscriptions, from connect to destroy, on the loop's thread.
///
/// A session is never revived. When it is lost, everything of it is destroyed and a new one is built, because cnats'
/// parser, buffers and subscriptions would carry bytes of the old session into the new one.
///
/// Nothing but the connecting blocks: no flush, no request, no JetStream call of cnats' is made here, because each waits
/// for bytes that only this thread reads.
///
/// It owns the natsConnection and destroys it once, in `deinit`. `signals` is shared with cnats' callbacks.
@safe final class NATSSession {
    let tag: UInt64
    /// Without user and password.
    let server: String
    let connection: OpaquePointer
    let signals: SessionSignals
    let epoll: CInt
    var subscriptions: [Subscription] = []
    var inbox: Subscription?
    var inboxSubject = ""
    /// See `LoopContext.openFeed`.
    var feed: Subscription?
    var feedSubject = ""
    private let lameDuckNotice: LameDuckNotice
    /// The loop has been told.
    var lameDuckNoticed = false
    var encryption = Encryption.unknown
    var readingPaused = false
    /// Not read for a moment, see `ReadResult.triesAgain`.
    var readingHeld = false
    /// A TLS write that did not fit is tried again then.
    var writesAgainAt: UInt64?
    /// A TLS record that is not whole is looked at again then.
    var readsAgainAt: UInt64?
    /// The socket's SO_RCVLOWAT.
    var awaitedBytes = 1
    /// What epoll was last told.
    var registeredReading = true
    var registeredWriting = false

    enum Encryption {
        /// Nothing has been read yet.
        case unknown
        case plain
        case tls
    }

    /// Blocks: name resolution, then at most the connect time-out. Mostly there is no session meanwhile, so nothing is
    /// kept waiting but the loop's wakes and timers. In a move away from a lame server the other session's requests wait
    /// too; its server has them until they are read.
    init(
        configuration: NATSConfiguration, server: String, tag: UInt64, epoll: CInt, wake: CInt,
        serverErrors: UInt
    ) throws(TransportError) {
        let signals = SessionSignals(tag: tag, epoll: epoll, wake: wake)
        let options = try ConnectionOptions.make(configuration, server: server)
        try options.attach(to: signals, limits: configuration.limits)
        let lameDuckNotice = LameDuckNotice(to: signals)
        lameDuckNotice.install(into: options)
        unsafe ServerErrors.install(serverErrors, into: options.raw)
        var connected: OpaquePointer?
        let status = unsafe natsConnection_Connect(&connected, options.raw)
        guard status == NATS_OK, let connection = unsafe connected else {
            throw TransportError(.connect, lastError(status))
        }
        self.tag = tag
        self.server = redacted(server)
        self.lameDuckNotice = lameDuckNotice
        self.epoll = epoll
        self.signals = signals
        unsafe self.connection = connection
        guardAgainstSilence(limits: configuration.limits)
    }

    deinit {
        abandon()
        for subscription in subscriptions { unsafe natsSubscription_Destroy(subscription.raw) }
        if let inbox { unsafe natsSubscription_Destroy(inbox.raw) }
        closeFeed()
        // Closed already, so this neither flushes nor waits.
        unsafe natsConnection_Destroy(connection)
    }

    var isLost: Bool { signals.isLost }

    /// What the server takes as the payload of a message.
    var maxPayload: Int { Int(unsafe natsConnection_GetMaxPayload(connection)) }

    /// The server's words when it has refused a subscription of this session. cnats keeps only the last error, so this
    /// is to be asked before anything was published that could be refused too.
    var refusedSubscription: String? {
        var text: UnsafePointer<CChar>?
        guard unsafe natsConnection_GetLastError(connection, &text) == NATS_NOT_PERMITTED, let text = unsafe text else {
            return nil
        }
        let reason = unsafe String(cString: text)
        return reason.hasPrefix("Permissions Violation for Subscription") ? reason : nil
    }

    /// Unsent bytes in cnats' buffer, which has no bound of its own.
    var bufferedBytes: Int {
        max(0, Int(unsafe natsConnection_Buffered(connection)))
    }

    /// A peer that vanished without a word is noticed by the kernel: probes while idle, and an upper bound for bytes
    /// that are not acknowledged.
    private func guardAgainstSilence(limits: TransportLimits) {
        let socket = signals.socket
        guard socket >= 0 else { return }
        // cnats leaves it open for children, in which a closed session would live on.
        _ = fcntl(socket, F_SETFD, FD_CLOEXEC)
        setOption(socket, SOL_SOCKET, SO_KEEPALIVE, 1)
        setOption(socket, CInt(IPPROTO_TCP), TCP_KEEPIDLE, 10)
        setOption(socket, CInt(IPPROTO_TCP), TCP_KEEPINTVL, 5)
        setOption(socket, CInt(IPPROTO_TCP), TCP_KEEPCNT, 3)
        setOption(socket, CInt(IPPROTO_TCP), TCP_USER_TIMEOUT, CInt(limits.echoTimeoutMilliseconds))
        setOption(socket, CInt(IPPROTO_TCP), TCP_NODELAY, 1)
    }

    /// Ends the session without a wait. `natsConnection_Close` with unsent bytes would wait 500 ms for a PONG that only
    /// this thread could read, and drop them all the same; with the socket shut down first, cnats' own read finds the
    /// end and closes at once, on this thread.
    private func abandon() {
        let socket = signals.socket
        guard socket >= 0 else { return }
        shutdown(socket, CInt(SHUT_RDWR))
        // Bytes that had arrived come first: a buffer at a time, or with TLS a record, which can be as small as 512 bytes
        // of a receive buffer of 2 MiB.
        for _ in 0..<8_192 where !signals.isLost {
            unsafe natsConnection_ProcessReadEvent(connection)
        }
    }
}

func setOption(_ socket: CInt, _ level: CInt, _ name: CInt, _ value: CInt) {
    var value = value
    unsafe setsockopt(socket, level, name, &value, socklen_t(MemoryLayout<CInt>.size))
}
