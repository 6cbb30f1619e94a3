import Testing

@testable import NATSTransport

/// The life cycle without a socket: every wait is a number.
@Suite struct ConnectionStateMachineTests {
    private static let millisecond: UInt64 = 1_000_000
    private let limits = TransportLimits()

    private func machine(serving: Bool = true, seed: UInt64 = 1) -> ConnectionStateMachine {
        ConnectionStateMachine(limits: limits, servingWished: serving, seed: seed)
    }

    /// A machine that has connected, joined, and heard every echo.
    private func joined(at now: UInt64 = 0) -> ConnectionStateMachine {
        var machine = machine()
        #expect(machine.handle(.started, now: now) == .connect)
        #expect(
            machine.handle(.connectSucceeded, now: now) == [.subscribeInbox, .subscribeAlways, .joinGroup, .sendEcho])
        #expect(machine.handle(.echoReturned(1), now: now) == .reportJoined)
        return machine
    }

    private func session(_ machine: ConnectionStateMachine) -> ConnectionStateMachine.Session? {
        guard case .connected(let session) = machine.state else { return nil }
        return session
    }

    private func quiet(owed: Int = 0) -> ConnectionEvent { .turnEnded(bufferedBytes: 0, owedReplies: owed) }

    @Test("Serving is claimed only when the server has confirmed the subscription")
    func joiningIsConfirmed() {
        var machine = machine()
        _ = machine.handle(.started, now: 0)
        _ = machine.handle(.connectSucceeded, now: 0)
        #expect(session(machine)?.membership == .joining(confirmedBy: 1))
        _ = machine.handle(.echoReturned(1), now: 5)
        #expect(session(machine)?.membership == .joined)
    }

    @Test("Without the wish to serve the queue group is not joined, and joined as soon as the wish comes")
    func joinsOnWish() {
        var machine = machine(serving: false)
        _ = machine.handle(.started, now: 0)
        #expect(machine.handle(.connectSucceeded, now: 0) == [.subscribeInbox, .subscribeAlways, .sendEcho])
        #expect(machine.handle(.servingWished(true), now: 1) == [.joinGroup, .sendEcho])
        #expect(machine.handle(.echoReturned(2), now: 2) == .reportJoined)
    }

    @Test("A wish that turns while a leaving is under way is followed after the leaving's confirmation, not before")
    func wishTurnsWhileLeaving() {
        var machine = joined()
        #expect(machine.handle(.servingWished(false), now: 1) == [.leaveGroup, .sendEcho])
        #expect(machine.handle(.servingWished(true), now: 2) == [])
        #expect(machine.handle(.echoReturned(2), now: 3) == [.forgetDrained, .reportLeft, .joinGroup, .sendEcho])
    }

    @Test("The first attempt after a loss comes within 50 ms, and a server that stays away is asked at least every second")
    func backoffIsQuickFirstAndBounded() {
        for seed in UInt64(0)..<50 {
            var machine = machine(seed: seed)
            _ = machine.handle(.started, now: 0)
            var now: UInt64 = 0
            for attempt in 0..<40 {
                #expect(machine.handle(.connectFailed, now: now) == [])
                guard case .waiting(let until) = machine.state else {
                    Issue.record("not waiting")
                    return
                }
                #expect(until - now <= (attempt == 0 ? 50 : 1_000) * Self.millisecond)
                #expect(machine.nextDeadline == until)
                if until > now { #expect(machine.handle(quiet(), now: until - 1) == []) }
                now = until
                #expect(machine.handle(quiet(), now: now) == .connect)
            }
        }
    }

    @Test("A server that accepts and hangs up at once is met with longer waits; only an echo shortens them again")
    func backoffIsResetByAnEcho() {
        var machine = machine()
        _ = machine.handle(.started, now: 0)
        var now: UInt64 = 0
        func loseAndReturn(echo: Bool) -> UInt64 {
            _ = machine.handle(.connectSucceeded, now: now)
            if echo { _ = machine.handle(.echoReturned(machine.lastEchoSent), now: now) }
            _ = machine.handle(.sessionLost, now: now)
            guard case .waiting(let until) = machine.state else { return 0 }
            let wait = until - now
            now = until
            #expect(machine.handle(quiet(), now: now) == .connect)
            return wait
        }
        for _ in 0..<10 { _ = loseAndReturn(echo: false) }
        #expect(loseAndReturn(echo: false) >= 500 * Self.millisecond)
        #expect(loseAndReturn(echo: true) <= 50 * Self.millisecond)
    }

    @Test("A session whose echo does not return is given up, and a new one is sought")
    func echoTimesOut() {
        var machine = joined()
        let interval = nanoseconds(milliseconds: limits.echoIntervalMilliseconds)
        let timeout = nanoseconds(milliseconds: limits.echoTimeoutMilliseconds)
        #expect(machine.nextDeadline == interval)
        #expect(machine.handle(quiet(), now: interval) == .sendEcho)
        #expect(machine.handle(quiet(), now: interval + timeout - 1) == [])
        #expect(machine.handle(quiet(), now: interval + timeout) == .closeSession)
        #expect(machine.disconnectReason == .echoTimedOut)
        guard case .waiting = machine.state else {
            Issue.record("not waiting")
            return
        }
    }

    @Test("Above the bound of unsent bytes reading stops, and goes on when they have gone out")
    func readingPauses() {
        var machine = joined()
        let above = ConnectionEvent.turnEnded(bufferedBytes: limits.pauseReadingBytes + 1, owedReplies: 0)
        #expect(machine.handle(above, now: 1) == .pauseReading)
        #expect(machine.handle(above, now: 2) == [])
        let half = ConnectionEvent.turnEnded(bufferedBytes: limits.resumeReadingBytes + 1, owedReplies: 0)
        #expect(machine.handle(half, now: 3) == [])
        #expect(machine.handle(quiet(), now: 4) == .resumeReading)
    }

    @Test("With TLS, where a write that does not fit blocks, reading stops much earlier")
    func readingPausesEarlierWithTLS() {
        var machine = joined()
        #expect(machine.handle(.foundEncrypted, now: 0) == [])
        let above = ConnectionEvent.turnEnded(bufferedBytes: limits.pauseReadingBytesTLS + 1, owedReplies: 0)
        #expect(machine.handle(above, now: 1) == .pauseReading)
    }

    @Test("Only a buffer that stays over the upper bound for five seconds ends the session")
    func stuckOutputCloses() {
        var machine = joined()
        let over = ConnectionEvent.turnEnded(bufferedBytes: limits.closeBytes + 1, owedReplies: 0)
        let time = nanoseconds(milliseconds: limits.overLimitMilliseconds)
        _ = machine.handle(over, now: 0)
        _ = machine.handle(.turnEnded(bufferedBytes: limits.closeBytes, owedReplies: 0), now: time - 1)
        #expect(!machine.handle(over, now: time).contains(.closeSession))
        #expect(machine.handle(over, now: 2 * time - 1).isDisjoint(with: .closeSession))
        #expect(machine.handle(over, now: 2 * time).contains(.closeSession))
        #expect(machine.disconnectReason == .outputStuck)
    }

    @Test("A drain leaves, waits for every answer that is owed, has the server confirm, and only then closes")
    func drainInOrder() {
        var machine = joined()
        #expect(machine.handle(.drainRequested(deadline: 1_000), now: 1) == [.leaveAll, .sendEcho])
        #expect(machine.handle(quiet(), now: 2) == [])
        #expect(machine.handle(.echoReturned(2), now: 3) == [.forgetDrained, .reportLeft])
        #expect(machine.handle(quiet(owed: 2), now: 4) == [])
        #expect(machine.handle(quiet(owed: 1), now: 5) == [])
        #expect(machine.handle(quiet(), now: 6) == .sendEcho)
        #expect(machine.handle(quiet(), now: 7) == [])
        #expect(machine.handle(.echoReturned(3), now: 8) == [])
        #expect(machine.handle(.turnEnded(bufferedBytes: 10, owedReplies: 0), now: 9) == [])
        #expect(machine.handle(quiet(), now: 10) == [.closeSession, .finish])
        #expect(machine.outcome == .drained)
        #expect(machine.handle(.started, now: 11) == [])
    }

    @Test("A drain never outlives its deadline, whatever is still owed; an earlier deadline replaces a later one")
    func drainDeadline() {
        var machine = joined()
        _ = machine.handle(.drainRequested(deadline: 1_000), now: 1)
        _ = machine.handle(.drainRequested(deadline: 500), now: 2)
        _ = machine.handle(.drainRequested(deadline: 5_000), now: 2)
        #expect(machine.nextDeadline == 500)
        #expect(machine.handle(quiet(owed: 1), now: 499) == [])
        #expect(machine.handle(quiet(owed: 1), now: 500) == [.closeSession, .finish])
        #expect(machine.outcome == .timedOut)
    }

    @Test("A loss in mid-drain is followed by a new session only while answers are owed, and that session takes no requests")
    func lossWhileDraining() {
        var owing = joined()
        _ = owing.handle(.drainRequested(deadline: 1_000_000_000_000), now: 1)
        _ = owing.handle(quiet(owed: 1), now: 2)
        #expect(owing.handle(.sessionLost, now: 3) == [])
        #expect(owing.handle(quiet(owed: 1), now: 60 * Self.millisecond) == .connect)
        #expect(owing.handle(.connectSucceeded, now: 61 * Self.millisecond) == [.subscribeInbox, .sendEcho])
        _ = owing.handle(.echoReturned(owing.lastEchoSent), now: 62 * Self.millisecond)
        #expect(owing.handle(quiet(), now: 63 * Self.millisecond) == .sendEcho)
        _ = owing.handle(.echoReturned(owing.lastEchoSent), now: 64 * Self.millisecond)
        #expect(owing.handle(quiet(), now: 65 * Self.millisecond) == [.closeSession, .finish])
        #expect(owing.outcome == .drained)

        var free = joined()
        _ = free.handle(.drainRequested(deadline: 1_000_000_000_000), now: 1)
        #expect(free.handle(.sessionLost, now: 2) == .finish)
        #expect(free.outcome == .connectionLost)
    }

    @Test("A drain without a connection and without debts ends at once")
    func drainWhileDisconnected() {
        var machine = machine()
        _ = machine.handle(.started, now: 0)
        _ = machine.handle(.connectFailed, now: 0)
        #expect(machine.handle(.drainRequested(deadline: 1_000), now: 1) == .finish)
    }

    @Test("An echo of a number that was never sent, or that has come before, changes nothing")
    func strangeEchoes() {
        var machine = joined()
        _ = machine.handle(.servingWished(false), now: 1)
        let before = machine.state
        #expect(machine.handle(.echoReturned(1), now: 2) == [])
        #expect(machine.handle(.echoReturned(3), now: 2) == [])
        #expect(machine.handle(.echoReturned(.max), now: 2) == [])
        #expect(machine.state == before)
    }
}
