internal import NATSTransport
internal import StrictJSON

extension LedgerClient {
    /// Whether `serve` would start with this configuration. Takes at most some seconds.
    ///
    /// - Parameters:
    ///   - probing: writes to `ledger.probe`, as `serve` does at its start, and so proves permission and storage.
    ///   - clock: any that only goes forward, in milliseconds.
    ///   - pause: sleeps so many milliseconds.
    package func checkStart(
        _ configuration: LedgerConfiguration, probing: Bool, clock: () -> Int64, pause: (Int64) -> Void
    ) -> StartVerdict {
        let wanted = StreamConfiguration(
            recordLifetime: configuration.recordLifetime, replicas: Int64(configuration.replicas))
        var inspection = StartInspection(wanted: wanted, probing: probing)
        var step = inspection.handle(.connected, now: clock())
        while true {
            switch step {
            case .done(let verdict):
                return verdict
            case .wait(let deadline):
                pause(max(0, deadline - clock()))
                step = inspection.handle(.tick, now: max(clock(), deadline))
            case .ask(let action):
                // No answer in time: the machine's own deadline has passed.
                let event = answer(to: action)
                let now = clock()
                step = inspection.handle(event ?? .tick, now: event == nil ? now + StartTimes.answer : now)
            }
        }
    }

    /// nil when none came in time.
    private func answer(to action: StartAction) -> StartEvent? {
        let request =
            switch action {
            case .askForAccount: JetStreamRequest.account
            case .askForEpoch: JetStreamRequest.epoch
            case .probe: JetStreamRequest(subject: LedgerSubject.probe)
            default: JetStreamRequest.streamInformation
            }
        let answer: Message
        do throws(TransportError) {
            answer = try client.ask(request.subject, request.body, timeoutMilliseconds: Int(StartTimes.answer))
        } catch {
            switch error.code {
            case .noResponders: return .nobody
            case .forbidden: return .forbidden(error.reason)
            default: return nil
            }
        }
        do throws(JetStreamError) {
            switch action {
            case .askForAccount: return .account(level: try JetStreamReply.account(answer.payload))
            case .askForEpoch: return .epoch(try JetStreamReply.epoch(answer.payload))
            case .probe: return .probed(JetStreamReply.published(answer.payload))
            default: return .stream(try JetStreamReply.stream(answer.payload))
            }
        } catch {
            return .rejected(error)
        }
    }
}
