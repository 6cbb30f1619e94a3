import Synchronization
import TokenOperations
internal import NATSTransport

/// What other threads want of the ledger loop, on its way there.
///
/// Bounded: as many as the write desk takes. The mutex is held for an append or a swap; a verify never comes this way.
final class LedgerInbox: Sendable {
    enum Command: Sendable {
        /// With the time at which it was asked for, in monotonic milliseconds: the loop may be blocked for a while.
        case redeem(Redemption, askedAt: Int64, @Sendable (RedeemOutcome) -> Void)
        case revoke([Revocation], askedAt: Int64, @Sendable (RevokeOutcome) -> Void)
        /// What the server said outside of any answer.
        case serverError(String)
    }

    private struct State {
        var commands: [Command] = []
        var handle: EventLoop.Handle?
        var isClosed = false
    }

    private enum Refusal {
        case full
        case closed

        var text: String {
            switch self {
            case .full: "\(WriteDesk.capacity) requests wait for it already"
            case .closed: "it has been closed"
            }
        }
    }

    private let state = Mutex(State())

    func post(_ command: Command) {
        var refusal: Refusal?
        let wake = state.withLock { state -> EventLoop.Handle? in
            if state.isClosed { refusal = .closed } else if state.commands.count >= WriteDesk.capacity { refusal = .full }
            guard refusal == nil else { return nil }
            state.commands.append(command)
            // Whoever finds it empty wakes; the others' are taken in the same turn.
            return state.commands.count == 1 ? state.handle : nil
        }
        wake?.wake()
        if let refusal { refuse(command, refusal) }
    }

    private func refuse(_ command: Command, _ refusal: Refusal) {
        switch command {
        case .redeem(_, _, let completion): completion(.unavailable(refusal.text))
        case .revoke(_, _, let completion): completion(.unavailable(refusal.text))
        case .serverError: break
        }
    }

    /// What was posted before is woken for now.
    func connect(to handle: EventLoop.Handle) {
        let isWaiting = state.withLock { state in
            state.handle = handle
            return !state.commands.isEmpty
        }
        if isWaiting { handle.wake() }
    }

    /// What has come in, in exchange for an empty array: the two change places for ever, and none has to grow again.
    func takeAll(_ commands: inout [Command]) {
        state.withLock { state in swap(&state.commands, &commands) }
    }

    /// Refuses what is in it and what still comes.
    func close() {
        let commands = state.withLock { state in
            state.isClosed = true
            defer { state.commands = [] }
            return state.commands
        }
        for command in commands { refuse(command, .closed) }
    }
}
