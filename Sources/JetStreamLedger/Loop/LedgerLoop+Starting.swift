import NATSTransport
import StrictJSON

/// The check of server and stream: at the start, and when the stream is gone or is not what it was.
extension LedgerLoop {
    func start(_ event: StartEvent) {
        for action in starting.handle(event, now: now) { perform(action) }
    }

    private func perform(_ action: StartAction) {
        switch action {
        case .askForAccount: ask(.account, for: .starting(action))
        case .askForStream: ask(.streamInformation, for: .starting(action))
        case .createStream(let configuration): ask(.createStream(configuration), for: .starting(action))
        case .updateStream(let configuration): ask(.updateStream(configuration), for: .starting(action))
        case .askForEpoch: ask(.epoch, for: .starting(action))
        case .writeEpoch(let epoch, let sequence): ask(.writeEpoch(epoch, expecting: sequence), for: .starting(action))
        case .probe: ask(JetStreamRequest(subject: LedgerSubject.probe), for: .starting(action))
        case .ready: becomeReady()
        case .refuse(let reason):
            onEvent(.refused(reason))
            context.handle.drain(milliseconds: JetStreamLedger.goodbyeMilliseconds)
        case .report(let trouble):
            onEvent(.trouble(trouble))
        }
    }

    private func becomeReady() {
        isMisfit = false
        onEvent(.ready)
        // Gone and made again, or a new session.
        follow(following.phase == .waitingForStream ? .streamReady : .connected)
        repair(.connected)
        guard mayHaveForgotten else { return }
        mayHaveForgotten = false
        repair(.lost(.purged))
    }

    func answered(_ action: StartAction, _ body: RawSpan) {
        switch action {
        case .probe: return start(.probed(JetStreamReply.published(body)))
        case .writeEpoch: return start(.epochWritten(JetStreamReply.published(body)))
        default: break
        }
        do throws(JetStreamError) {
            start(try event(for: action, body))
        } catch {
            start(.rejected(error))
        }
    }

    private func event(for action: StartAction, _ body: RawSpan) throws(JetStreamError) -> StartEvent {
        switch action {
        case .askForAccount: return .account(level: try JetStreamReply.account(body))
        case .askForEpoch: return .epoch(try JetStreamReply.epoch(body))
        default:
            let information = try JetStreamReply.stream(body)
            if let state = information.state { heard(serverTime: state.time) }
            return .stream(information)
        }
    }
}
