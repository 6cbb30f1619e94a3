/// The move from the session with a lame server to another, as `ConnectionStateMachine` asks for it.
extension LoopRunner {
    /// Whose connection takes the answers: the session's, but a predecessor's until the session has proved itself.
    var answeringSession: NATSSession? {
        machine.predecessor?.answers == true ? predecessor : session
    }

    /// Told once, though the server may say it several times.
    func noticeLameDuck() {
        guard let session, session.signals.isLameDuck, !session.lameDuckNoticed else { return }
        session.lameDuckNoticed = true
        onEvent(.lameDuck(server: session.server, session: session.tag))
        handle(.lameDuck)
    }

    /// To the next of the configured servers. With one name only it is that name again: it may have several addresses or
    /// stand for a balancer, and the lame server itself no longer listens. Servers that a cluster announces are not
    /// tried, here as anywhere.
    ///
    /// Both sessions are read from here on: what had paused the old one is asked anew at the end of this turn.
    func moveOver() {
        guard let former = session, let new = nextSession() else { return handle(.moveFailed) }
        predecessor = former
        former.setReading(paused: false)
        session = new
        handle(.moveSucceeded)
    }

    func restorePredecessor() {
        session = predecessor
        predecessor = nil
        session?.setReading(paused: false)
        openPort()
    }

    func leavePredecessor() {
        openPort()
        predecessor?.drainSubscriptions(
            onlyGroup: false, timeoutMilliseconds: configuration.limits.predecessorMilliseconds)
        predecessor?.sendEcho(ConnectionStateMachine.Predecessor.echo)
    }

    func dropPredecessor() {
        guard let tag = predecessor?.tag else { return }
        predecessor = nil
        openPort()
        handler.sessionEnded(tag)
        onEvent(.disconnected(session: tag, reason: machine.state == .closed ? .closed : .movedOver))
    }

    func losePredecessor() {
        guard let tag = predecessor?.tag else { return }
        predecessor = nil
        openPort()
        handler.sessionEnded(tag)
        handle(.predecessorLost)
        onEvent(.disconnected(session: tag, reason: .connectionLost))
    }

    func endTurn(ofPredecessor former: NATSSession) {
        if former.isLost { return lose(former) }
        handle(.predecessorTurnEnded(bufferedBytes: former.bufferedBytes))
    }

    /// Answers, and what the handler itself publishes, go out through whatever there is.
    func openPort() {
        let open = answeringSession ?? session ?? predecessor
        if let open { port.open(open) } else { port.close() }
        guard context.outlet.tag != open?.tag else { return }
        context.outlet.lead(to: open)
        handler.outletChanged(to: open?.tag)
    }
}
