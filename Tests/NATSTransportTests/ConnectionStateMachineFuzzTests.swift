import TestSupport
import Testing

@testable import NATSTransport

/// Random histories against a model of the loop that obeys the actions: whatever comes in whatever order, the machine
/// asks for nothing that cannot be done, and always comes to an end.
@Suite struct ConnectionStateMachineFuzzTests {
    /// What a loop would hold.
    private struct Model {
        var hasSession = false
        var isConnecting = false
        var isMember = false
        var isPaused = false
        var isMoving = false
        var predecessor: Predecessor?
        var isFinished = false
        var drains = false
        var wished: Bool

        struct Predecessor {
            let isMember: Bool
            var leaves = false
        }

        /// Applies actions in their order; returns what was wrong.
        mutating func apply(_ actions: ConnectionActions) -> String? {
            if isFinished && !actions.isEmpty { return "actions after the end" }
            if actions.contains(.closeSession) {
                guard hasSession else { return "closed no session" }
                lose()
            }
            if actions.contains(.restorePredecessor) {
                guard !hasSession, let predecessor, !predecessor.leaves else { return "nothing to go back to" }
                hasSession = true
                isMember = predecessor.isMember
                self.predecessor = nil
            }
            let inSession: ConnectionActions = [
                .subscribeInbox, .subscribeAlways, .joinGroup, .leaveGroup, .leaveAll, .forgetDrained, .sendEcho,
                .pauseReading, .resumeReading,
            ]
            if !actions.isDisjoint(with: inSession) && !hasSession { return "asked of no session" }
            if actions.contains(.joinGroup) {
                if isMember { return "joined twice" }
                if !wished { return "joined against the wish" }
                if drains { return "joined in a drain" }
                isMember = true
            }
            if actions.contains(.leaveGroup) {
                if !isMember { return "left without being in" }
                isMember = false
            }
            if actions.contains(.leaveAll) { isMember = false }
            if actions.contains(.pauseReading) {
                if isPaused { return "paused twice" }
                isPaused = true
            }
            if actions.contains(.resumeReading) {
                if !isPaused { return "resumed without a pause" }
                isPaused = false
            }
            if actions.contains(.leavePredecessor) {
                if predecessor?.leaves != false { return "left no predecessor" }
                predecessor?.leaves = true
            }
            if actions.contains(.dropPredecessor) {
                guard let predecessor else { return "dropped no predecessor" }
                if !predecessor.leaves && !actions.contains(.finish) { return "dropped a predecessor that serves" }
                self.predecessor = nil
            }
            if actions.contains(.connect) {
                if hasSession || isConnecting { return "two sessions" }
                isConnecting = true
            }
            if actions.contains(.moveOver) {
                if !hasSession || isMoving || predecessor != nil { return "moved from nowhere, or twice" }
                if drains { return "moved in a drain" }
                isMoving = true
            }
            if actions.contains(.finish) {
                if predecessor != nil { return "finished with a predecessor" }
                if hasSession { return "finished with a session" }
                isFinished = true
            }
            return nil
        }

        mutating func lose() {
            hasSession = false
            isMember = false
            isPaused = false
        }

        mutating func move() {
            predecessor = Predecessor(isMember: isMember)
            isMember = false
            isPaused = false
        }
    }

    @Test("Random histories: no action without its ground, nothing after the end, and every drain ends by its deadline",
        arguments: UInt64(0)..<400)
    func history(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var limits = TransportLimits()
        limits.echoIntervalMilliseconds = 50
        limits.echoTimeoutMilliseconds = 100
        limits.overlapMilliseconds = 30
        limits.predecessorMilliseconds = 100
        let wished = Bool.random(using: &random)
        var machine = ConnectionStateMachine(limits: limits, servingWished: wished, seed: seed)
        var model = Model(wished: wished)
        var now: UInt64 = 0
        var deadline: UInt64?
        var owed = 0

        func feed(_ event: ConnectionEvent) -> Bool {
            let servedBefore = model.predecessor?.isMember == true
            let actions = machine.handle(event, now: now)
            var complaint = model.apply(actions)
            if actions.contains(.leavePredecessor), servedBefore, model.wished, !model.drains,
                case .connected(let session) = machine.state, session.membership != .joined
            {
                complaint = "left a predecessor while nobody else serves"
            }
            if let complaint { Issue.record("seed \(seed) at \(now): \(complaint) after \(event)") }
            return complaint == nil
        }

        guard feed(.started) else { return }
        for step in 0..<600 where !model.isFinished {
            now += UInt64.random(in: 0..<20_000_000, using: &random)
            if step == 400 && deadline == nil {
                deadline = now + 1_000_000_000
                model.drains = true
                guard feed(.drainRequested(deadline: now + 1_000_000_000)) else { return }
                continue
            }
            if model.isConnecting {
                model.isConnecting = false
                let succeeds = Int.random(in: 0..<3, using: &random) > 0
                if succeeds { model.hasSession = true }
                guard feed(succeeds ? .connectSucceeded : .connectFailed) else { return }
                continue
            }
            if model.isMoving {
                model.isMoving = false
                let succeeds = Bool.random(using: &random)
                if succeeds { model.move() }
                guard feed(succeeds ? .moveSucceeded : .moveFailed) else { return }
                continue
            }
            switch Int.random(in: 0..<15, using: &random) {
            case 0 where model.hasSession && Int.random(in: 0..<8, using: &random) == 0:
                model.lose()
                guard feed(.sessionLost) else { return }
            case 1, 2, 3:
                let newest = machine.lastEchoSent
                guard feed(.echoReturned(UInt64.random(in: (newest < 2 ? 0 : newest - 2)...newest, using: &random)))
                else { return }
            case 4:
                model.wished.toggle()
                guard feed(.servingWished(model.wished)) else { return }
            case 5 where Int.random(in: 0..<80, using: &random) == 0 && deadline == nil:
                deadline = now + 1_000_000_000
                model.drains = true
                guard feed(.drainRequested(deadline: now + 1_000_000_000)) else { return }
            case 6:
                guard feed(.foundEncrypted) else { return }
            case 7:
                guard feed(.lameDuck) else { return }
            case 8 where model.predecessor != nil && Int.random(in: 0..<8, using: &random) == 0:
                model.predecessor = nil
                guard feed(.predecessorLost) else { return }
            case 9 where model.predecessor != nil:
                guard feed(.predecessorEchoReturned(.random(in: 0...1, using: &random))) else { return }
            default:
                if model.predecessor != nil {
                    let buffered = Bool.random(using: &random) ? 0 : 1_000
                    guard feed(.predecessorTurnEnded(bufferedBytes: buffered)) else { return }
                }
                owed = model.drains ? max(0, owed - 1) : Int.random(in: 0..<3, using: &random)
                let buffered = [0, 0, 0, 100_000, 5_000_000, 40_000_000].randomElement(using: &random) ?? 0
                guard feed(.turnEnded(bufferedBytes: buffered, owedReplies: owed)) else { return }
            }
            if let next = machine.nextDeadline, !model.isFinished, let deadline {
                #expect(next <= deadline, "seed \(seed): the drain's deadline must wake the loop")
            }
        }
        if !model.isFinished, let deadline {
            now = max(now, deadline)
            if model.isConnecting {
                model.isConnecting = false
                guard feed(.connectFailed) else { return }
            }
            if model.isMoving {
                model.isMoving = false
                guard feed(.moveFailed) else { return }
            }
            _ = feed(.turnEnded(bufferedBytes: 0, owedReplies: 1))
            #expect(model.isFinished, "seed \(seed): still alive after its deadline")
        }
    }

    @Test("Left alone with a server that answers, every history ends up serving", arguments: UInt64(1_000)..<1_100)
    func recovers(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var machine = ConnectionStateMachine(limits: TransportLimits(), servingWished: true, seed: seed)
        var now: UInt64 = 0
        var asked = machine.handle(.started, now: now)
        // Trouble, then peace.
        for step in 0..<200 {
            now = max(now + 1_000_000, step < 100 ? now : machine.nextDeadline ?? now)
            let succeeds = step >= 100 || Bool.random(using: &random)
            if asked.contains(.connect) {
                asked = machine.handle(succeeds ? .connectSucceeded : .connectFailed, now: now)
            } else if asked.contains(.moveOver) {
                asked = machine.handle(succeeds ? .moveSucceeded : .moveFailed, now: now)
            } else if step < 100 && Int.random(in: 0..<8, using: &random) == 0 {
                asked = machine.handle(.lameDuck, now: now)
            } else if step < 100 && Int.random(in: 0..<4, using: &random) == 0 {
                asked = machine.handle(.sessionLost, now: now)
            } else {
                if step >= 100 {
                    _ = machine.handle(.echoReturned(machine.lastEchoSent), now: now)
                    _ = machine.handle(.predecessorEchoReturned(0), now: now)
                }
                _ = machine.handle(.predecessorTurnEnded(bufferedBytes: 0), now: now)
                asked = machine.handle(.turnEnded(bufferedBytes: 0, owedReplies: 0), now: now)
            }
        }
        #expect(machine.predecessor == nil)
        guard case .connected(let session) = machine.state else {
            Issue.record("seed \(seed): not connected")
            return
        }
        #expect(session.membership == .joined)
    }
}
