extension LoopRunner {
    /// In the order of `ConnectionActions`.
    func perform(_ actions: ConnectionActions) {
        if actions.contains(.closeSession) { closeSession() }
        if actions.contains(.restorePredecessor) { restorePredecessor() }
        if actions.contains(.subscribeInbox) { subscribeInbox() }
        if actions.contains(.subscribeAlways) { subscribe(inGroup: false) }
        if actions.contains(.joinGroup) { subscribe(inGroup: true) }
        if actions.contains(.leaveGroup) { leave(onlyGroup: true) }
        if actions.contains(.leaveAll) { leave(onlyGroup: false) }
        if actions.contains(.redirectAnswers) { openPort() }
        if actions.contains(.leavePredecessor) { leavePredecessor() }
        if actions.contains(.forgetDrained) { session?.forgetDrained() }
        if actions.contains(.sendEcho) { session?.sendEcho(machine.lastEchoSent) }
        if actions.contains(.pauseReading) { setReading(paused: true) }
        if actions.contains(.resumeReading) { setReading(paused: false) }
        if actions.contains(.reportJoined) { onEvent(.joined) }
        if actions.contains(.reportLeft) { onEvent(.left) }
        if actions.contains(.dropPredecessor) { dropPredecessor() }
        if actions.contains(.moveOver) { moveOver() }
        if actions.contains(.connect) { connect() }
        if actions.contains(.finish) { finish() }
        publishState()
    }

    private func connect() {
        guard let session = nextSession() else { return handle(.connectFailed) }
        self.session = session
        handle(.connectSucceeded)
        openPort()
    }

    /// Blocks. The next of the servers, at each attempt.
    func nextSession() -> NATSSession? {
        let servers = configuration.servers
        let server = servers[(firstServer + machine.attempts) % servers.count]
        sessionsStarted += 1
        handler.willBlock(milliseconds: configuration.limits.connectTimeoutMilliseconds)
        defer { context.now = monotonicNanoseconds() }
        do throws(TransportError) {
            let session = try NATSSession(
                configuration: configuration, server: server, tag: sessionsStarted, epoll: poller.raw,
                wake: control.wakeDescriptor.raw, serverErrors: serverErrors)
            port.counts.sessions += 1
            onEvent(.connected(server: session.server, session: session.tag, maxPayload: session.maxPayload))
            return session
        } catch {
            onEvent(.connectFailed(server: redacted(server), reason: error.reason))
            return nil
        }
    }

    private func closeSession() {
        guard let tag = session?.tag else { return }
        dropSession()
        handler.sessionEnded(tag)
        onEvent(.disconnected(session: tag, reason: machine.disconnectReason))
    }

    /// A fresh subject each session: an echo of the last one cannot come back into this one.
    private func subscribeInbox() {
        let subject = randomInbox(configuration.inboxPrefix)
        report(subject) { session throws(TransportError) in try session.subscribeInbox(subject) }
    }

    private func subscribe(inGroup: Bool) {
        for (index, endpoint) in endpoints.enumerated() where (endpoint.queueGroup != nil) == inGroup {
            report(endpoint.subject) { session throws(TransportError) in try session.subscribe(endpoint, index: index) }
        }
    }

    private func report(_ subject: String, _ subscribe: (NATSSession) throws(TransportError) -> Void) {
        guard let session else { return }
        do throws(TransportError) {
            try subscribe(session)
        } catch {
            onEvent(.subscribeFailed(subject: subject, reason: error.reason))
        }
    }

    private func leave(onlyGroup: Bool) {
        session?.drainSubscriptions(
            onlyGroup: onlyGroup, timeoutMilliseconds: configuration.limits.echoTimeoutMilliseconds)
    }

    /// A predecessor too: its requests fill the same buffer.
    private func setReading(paused: Bool) {
        session?.setReading(paused: paused)
        predecessor?.setReading(paused: paused)
        onEvent(paused ? .readingPaused(bufferedBytes: answeringSession?.bufferedBytes ?? 0) : .readingResumed)
    }

    private func publishState() {
        let state: LoopState =
            switch machine.state {
            case .closed: machine.drain == nil ? .closed : .draining
            case _ where machine.drain != nil: .draining
            case .connected(let session):
                session.mayReceiveRequests || machine.predecessor?.session.mayReceiveRequests == true
                    ? .serving : .connected
            case .idle, .waiting, .connecting: .disconnected
            }
        control.publish(state)
    }
}

/// A subject below `prefix` that nobody can guess: who could would be able to answer in others' names.
func randomInbox(_ prefix: String) -> String {
    let digits = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
    return "\(prefix)." + String((0..<22).map { _ in digits[Int.random(in: 0..<digits.count)] })
}

/// A server's URL without user and password.
func redacted(_ server: String) -> String {
    guard let at = server.lastIndex(of: "@") else { return server }
    let scheme = server.hasPrefix("tls://") ? "tls://" : "nats://"
    return scheme + server[server.index(after: at)...]
}
