import Testing

@testable import NATSTransport

/// The move away from a lame server, without a socket.
@Suite struct LameDuckStateTests {
    private static let millisecond: UInt64 = 1_000_000
    private let limits = TransportLimits()
    private let quiet = ConnectionEvent.turnEnded(bufferedBytes: 0, owedReplies: 0)

    /// A machine that serves, and was told that its server will stop, at time 0.
    private func lame(serving: Bool = true) -> ConnectionStateMachine {
        var machine = ConnectionStateMachine(limits: limits, servingWished: serving, seed: 1)
        _ = machine.handle(.started, now: 0)
        _ = machine.handle(.connectSucceeded, now: 0)
        _ = machine.handle(.echoReturned(1), now: 0)
        #expect(machine.handle(.lameDuck, now: 0) == [])
        return machine
    }

    /// The same, with a second session that has just been connected.
    private func moving(serving: Bool = true) -> ConnectionStateMachine {
        var machine = lame(serving: serving)
        #expect(machine.handle(quiet, now: 50 * Self.millisecond) == .moveOver)
        _ = machine.handle(.moveSucceeded, now: 50 * Self.millisecond)
        return machine
    }

    private func membership(_ machine: ConnectionStateMachine) -> ConnectionStateMachine.Membership? {
        guard case .connected(let session) = machine.state else { return nil }
        return session.membership
    }

    /// The new session proves itself at `now`, and the time in which both serve passes; returns its end.
    private func overlap(_ machine: inout ConnectionStateMachine, now: UInt64) -> UInt64 {
        #expect(machine.handle(.echoReturned(machine.lastEchoSent), now: now) == [.reportJoined, .redirectAnswers])
        let end = now + nanoseconds(milliseconds: limits.overlapMilliseconds)
        #expect(machine.nextDeadline.map { $0 <= end } == true)
        #expect(machine.handle(.predecessorTurnEnded(bufferedBytes: 0), now: end - 1) == [])
        #expect(machine.predecessor?.serves == true)
        #expect(machine.handle(.predecessorTurnEnded(bufferedBytes: 0), now: end) == .leavePredecessor)
        return end
    }

    @Test("The move: within 50 ms; subscribed there first, left here a while after that is confirmed, dropped by the echo behind it")
    func moveInOrder() throws {
        var machine = lame()
        let due = try #require(machine.nextDeadline)
        #expect(due <= 50 * Self.millisecond)
        #expect(machine.handle(quiet, now: due) == .moveOver)
        #expect(machine.handle(quiet, now: due) == [])
        #expect(machine.handle(.moveSucceeded, now: due) == [.subscribeInbox, .subscribeAlways, .joinGroup, .sendEcho])
        #expect(machine.predecessor?.serves == true)
        #expect(machine.handle(.predecessorTurnEnded(bufferedBytes: 0), now: due) == [])
        let now = overlap(&machine, now: due)
        #expect(machine.handle(.predecessorTurnEnded(bufferedBytes: 0), now: now) == [])
        #expect(machine.handle(.predecessorEchoReturned(1), now: now) == [])
        #expect(machine.handle(.predecessorTurnEnded(bufferedBytes: 0), now: now) == [])
        #expect(machine.handle(.predecessorEchoReturned(0), now: now) == [])
        #expect(machine.handle(.predecessorTurnEnded(bufferedBytes: 10), now: now) == [])
        #expect(machine.handle(.predecessorTurnEnded(bufferedBytes: 0), now: now) == .dropPredecessor)
        #expect(machine.predecessor == nil)
        #expect(membership(machine) == .joined)
    }

    @Test("A loop that does not serve moves too, when the new session has proved itself")
    func moveWithoutServing() {
        var machine = moving(serving: false)
        let now = 60 * Self.millisecond
        #expect(machine.handle(.predecessorTurnEnded(bufferedBytes: 0), now: now + 1_000 * Self.millisecond) == [])
        #expect(machine.handle(.echoReturned(2), now: now) == .redirectAnswers)
        #expect(
            machine.handle(.predecessorTurnEnded(bufferedBytes: 0), now: now + 1_000 * Self.millisecond)
                == .leavePredecessor)
    }

    @Test("A predecessor whose echo does not return is dropped after its bound, for which the loop wakes up")
    func predecessorIsBounded() {
        var machine = moving()
        let left = overlap(&machine, now: 60 * Self.millisecond)
        let bound = left + nanoseconds(milliseconds: limits.predecessorMilliseconds)
        #expect(machine.nextDeadline.map { $0 <= bound } == true)
        #expect(machine.handle(.predecessorTurnEnded(bufferedBytes: 1), now: bound - 1) == [])
        #expect(machine.handle(.predecessorTurnEnded(bufferedBytes: 1), now: bound) == .dropPredecessor)
    }

    @Test("A new session that is lost while both serve gives way to the old one too")
    func fallsBackFromOverlap() {
        var machine = moving()
        _ = machine.handle(.echoReturned(2), now: 60 * Self.millisecond)
        #expect(machine.handle(.sessionLost, now: 61 * Self.millisecond) == .restorePredecessor)
        #expect(membership(machine) == .joined)
    }

    @Test("A new session that is lost after the old one was left is followed by another, like any")
    func lostAfterLeaving() {
        var machine = moving()
        let now = overlap(&machine, now: 60 * Self.millisecond)
        #expect(machine.handle(.sessionLost, now: now) == [])
        guard case .waiting = machine.state else {
            Issue.record("not waiting")
            return
        }
        _ = machine.handle(.predecessorEchoReturned(0), now: now)
        #expect(machine.handle(.predecessorTurnEnded(bufferedBytes: 0), now: now) == .dropPredecessor)
        #expect(machine.handle(quiet, now: now + 50 * Self.millisecond) == .connect)
    }

    @Test("A new session that is lost or silent before it served gives way to the old one, and the move is tried again")
    func fallsBack() throws {
        for silent in [false, true] {
            var machine = moving()
            var now = 51 * Self.millisecond
            if silent {
                now += nanoseconds(milliseconds: limits.echoTimeoutMilliseconds)
                #expect(machine.handle(quiet, now: now) == [.closeSession, .restorePredecessor])
            } else {
                #expect(machine.handle(.sessionLost, now: now) == .restorePredecessor)
            }
            #expect(membership(machine) == .joined)
            #expect(machine.predecessor == nil)
            // Its own echo is asked for at once.
            #expect(machine.handle(quiet, now: now).contains(.sendEcho))
            now += 100 * Self.millisecond
            #expect(machine.handle(quiet, now: now) == .moveOver)
        }
    }

    @Test("Attempts to move that fail come ever less often, up to once a second, although the echoes of the old session return")
    func backsOff() throws {
        var machine = lame()
        var now: UInt64 = 0
        var longest: UInt64 = 0
        for _ in 0..<12 {
            guard case .connected(let session) = machine.state, case .due(let due) = session.move else {
                Issue.record("no move is due")
                return
            }
            longest = max(longest, due - now)
            now = due
            #expect(machine.handle(quiet, now: now).contains(.moveOver))
            #expect(machine.handle(.moveFailed, now: now) == [])
            _ = machine.handle(.echoReturned(machine.lastEchoSent), now: now)
        }
        #expect(longest >= 500 * Self.millisecond && longest <= 1_000 * Self.millisecond)
    }

    @Test("Word that the next server stops as well waits until the first has been left: never more than two sessions")
    func secondLameDuckWaits() {
        var machine = moving()
        #expect(machine.handle(.lameDuck, now: 51 * Self.millisecond) == [])
        #expect(machine.handle(quiet, now: 200 * Self.millisecond) == [])
        let now = overlap(&machine, now: 200 * Self.millisecond)
        #expect(machine.handle(quiet, now: now) == [])
        _ = machine.handle(.predecessorEchoReturned(0), now: now)
        #expect(machine.handle(.predecessorTurnEnded(bufferedBytes: 0), now: now) == .dropPredecessor)
        #expect(machine.handle(quiet, now: now) == .moveOver)
    }

    @Test("A drain in mid-move leaves both sessions, and is over only when both are known to be quiet")
    func drainWhileMoving() {
        var machine = moving()
        let now = 60 * Self.millisecond
        #expect(
            machine.handle(.drainRequested(deadline: 1_000 * Self.millisecond), now: now)
                == [.leaveAll, .sendEcho, .leavePredecessor])
        #expect(machine.handle(.echoReturned(machine.lastEchoSent), now: now) == [])
        #expect(machine.handle(quiet, now: now) == [])
        _ = machine.handle(.predecessorEchoReturned(0), now: now)
        #expect(
            machine.handle(.predecessorTurnEnded(bufferedBytes: 0), now: now)
                == [.dropPredecessor, .forgetDrained, .reportLeft])
        #expect(machine.handle(quiet, now: now) == .sendEcho)
        #expect(machine.handle(.echoReturned(machine.lastEchoSent), now: now) == [])
        #expect(machine.handle(quiet, now: now) == [.closeSession, .finish])
        #expect(machine.outcome == .drained)
    }

    @Test("A drain's deadline takes both sessions; a drain that came before the word of the lame duck stays where it is")
    func drainsEnd() {
        var machine = moving()
        _ = machine.handle(.drainRequested(deadline: 70 * Self.millisecond), now: 60 * Self.millisecond)
        #expect(machine.handle(quiet, now: 70 * Self.millisecond) == [.closeSession, .dropPredecessor, .finish])
        #expect(machine.outcome == .timedOut)

        var draining = lame()
        _ = draining.handle(.drainRequested(deadline: 900 * Self.millisecond), now: 1)
        _ = draining.handle(.lameDuck, now: 2)
        #expect(draining.handle(quiet, now: 100 * Self.millisecond) == [])
    }

    @Test("A wish not to serve any more, in mid-move, is followed on both sessions, and reported when both are quiet")
    func wishTurnsWhileMoving() {
        var machine = moving()
        let now = 60 * Self.millisecond
        #expect(machine.handle(.servingWished(false), now: now) == [.leaveGroup, .sendEcho, .leavePredecessor])
        #expect(machine.handle(.echoReturned(machine.lastEchoSent), now: now) == [])
        #expect(machine.handle(.predecessorLost, now: now) == [.forgetDrained, .reportLeft])
        #expect(membership(machine) == .outside)
    }
}
