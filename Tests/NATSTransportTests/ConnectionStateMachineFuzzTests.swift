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
        var isFinished = false
        var drains = false
        var wished: Bool

        /// Applies actions in their order; returns what was wrong.
        mutating func apply(_ actions: ConnectionActions) -> String? {
            if isFinished && !actions.isEmpty { return "actions after the end" }
            if actions.contains(.closeSession) {
                guard hasSession else { return "closed no session" }
                lose()
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
            if actions.contains(.connect) {
                if hasSession || isConnecting { return "two sessions" }
                isConnecting = true
            }
            if actions.contains(.finish) {
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
    }

    @Test("Random histories: no action without its ground, nothing after the end, and every drain ends by its deadline",
        arguments: UInt64(0)..<400)
    func history(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var limits = TransportLimits()
        limits.echoIntervalMilliseconds = 50
        limits.echoTimeoutMilliseconds = 100
        let wished = Bool.random(using: &random)
        var machine = ConnectionStateMachine(limits: limits, servingWished: wished, seed: seed)
        var model = Model(wished: wished)
        var now: UInt64 = 0
        var deadline: UInt64?
        var owed = 0

        func feed(_ event: ConnectionEvent) -> Bool {
            let complaint = model.apply(machine.handle(event, now: now))
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
            switch Int.random(in: 0..<12, using: &random) {
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
            default:
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
            _ = feed(.turnEnded(bufferedBytes: 0, owedReplies: 1))
            #expect(model.isFinished, "seed \(seed): still alive after its deadline")
        }
    }

    @Test("Left alone with a server that answers, every history ends up serving", arguments: UInt64(1_000)..<1_100)
    func recovers(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var machine = ConnectionStateMachine(limits: TransportLimits(), servingWished: true, seed: seed)
        var now: UInt64 = 0
        var isConnecting = machine.handle(.started, now: now).contains(.connect)
        // Trouble, then peace.
        for step in 0..<200 {
            now = max(now + 1_000_000, step < 100 ? now : machine.nextDeadline ?? now)
            if isConnecting {
                isConnecting = false
                let succeeds = step >= 100 || Bool.random(using: &random)
                _ = machine.handle(succeeds ? .connectSucceeded : .connectFailed, now: now)
            } else if step < 100 && Int.random(in: 0..<4, using: &random) == 0 {
                _ = machine.handle(.sessionLost, now: now)
            } else {
                if step >= 100 { _ = machine.handle(.echoReturned(machine.lastEchoSent), now: now) }
                isConnecting = machine.handle(.turnEnded(bufferedBytes: 0, owedReplies: 0), now: now).contains(.connect)
            }
        }
        guard case .connected(let session) = machine.state else {
            Issue.record("seed \(seed): not connected")
            return
        }
        #expect(session.membership == .joined)
    }
}
