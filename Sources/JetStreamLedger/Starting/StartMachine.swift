/// What must be true before a replica follows the ledger and writes to it. Pure: no socket, no clock.
///
/// In this order, one question at a time: JetStream is there and new enough; the stream is there, keeps what the ledger
/// promises and has room, or is made; an empty one gets its first `LedgerEpoch`; a write is taken (`ledger.probe`, a subject of its own, so that the stream never
/// holds more than one), which proves permission and storage at once. The epoch is always read, also one that was just
/// written: without the permission to read a record nothing could be refreshed.
///
/// Before the first `ready`, what trying again cannot mend is refused with words that say what to do, and what may mend
/// itself (no leader yet, no answer) is tried again for as long as it takes. After it nothing is refused any more: a
/// replica that runs does not exit because of the bus; it says what is wrong and tries again. It is run again when
/// the stream is found to be gone, or to be configured otherwise; not for a new connection, because a stream that takes no
/// writes any more can still be followed.
struct StartMachine: Equatable, Sendable {
    enum Step: Equatable, Sendable {
        case account, stream, create, update, epoch, writingEpoch, probe
    }

    enum Phase: Equatable, Sendable {
        case disconnected
        case asking(Step, until: Int64)
        case pausing(until: Int64)
        case ready
        case refused
    }

    var phase = Phase.disconnected
    /// Whether it was ready once.
    private(set) var hasSucceeded = false
    let wanted: StreamConfiguration
    /// Tries in a row that nobody took.
    private var nobodies = 0
    /// Said already, and met at the last try: what passes by itself at once is not worth a word.
    private var reported: Set<String> = []
    private(set) var lastTrouble: String?
    /// Whether this replica has been current once, and so everything that it does has been seen to be allowed.
    private var hasFollowed = false
    /// The epochs that it has begun: one of a stream that was made again is another.
    var begun = 0
    let instance: String

    /// - Parameter instance: of this process; for the name of the epoch that it may begin.
    init(wanted: StreamConfiguration, instance: String) {
        self.wanted = wanted
        self.instance = instance
    }

    mutating func handle(_ event: StartEvent, now: Int64) -> [StartAction] {
        if phase == .refused { return [] }
        switch event {
        case .connected:
            nobodies = 0
            return ask(.account, now: now)
        case .disconnected:
            phase = .disconnected
            return []
        case .check:
            // Already at it, or without a connection.
            return phase == .ready ? ask(.stream, now: now) : []
        case .forbidden(let text):
            return forbidden(StartTrouble.forbidden(text))
        case .followed:
            hasFollowed = true
            return []
        case .tick:
            return tick(now: now)
        case .account, .stream, .epoch, .epochWritten, .probed, .rejected, .nobody:
            guard case .asking(let step, _) = phase else { return [] }
            return answered(step, event, now: now)
        }
    }

    /// The latest moment at which a `tick` is wanted.
    func nextDeadline() -> Int64? {
        switch phase {
        case .asking(_, let until), .pausing(let until): until
        case .disconnected, .ready, .refused: nil
        }
    }
}

extension StartMachine {
    mutating func ask(_ step: Step, now: Int64, _ configuration: [UInt8] = []) -> [StartAction] {
        phase = .asking(step, until: now + StartTimes.answer)
        switch step {
        case .account: return [.askForAccount]
        case .stream: return [.askForStream]
        case .create: return [.createStream(wanted)]
        case .update: return [.updateStream(configuration)]
        case .epoch: return [.askForEpoch]
        case .writingEpoch: return []
        case .probe: return [.probe]
        }
    }

    private mutating func answered(_ step: Step, _ event: StartEvent, now: Int64) -> [StartAction] {
        if event == .nobody || isUnreached(event) { return nobody(at: step, now: now) }
        nobodies = 0
        switch (step, event) {
        case (_, .rejected(let error)):
            return rejected(step, error, now: now)
        case (.account, .account(let level)):
            guard level >= 1 else { return give(up: StartTrouble.tooOld, now: now) }
            return ask(.stream, now: now)
        case (.stream, .stream(let information)), (.create, .stream(let information)), (.update, .stream(let information)):
            return found(information, after: step, now: now)
        case (.epoch, .epoch):
            return ask(.probe, now: now)
        case (.writingEpoch, .epochWritten(let outcome)):
            return wroteEpoch(outcome, now: now)
        case (.probe, .probed(let outcome)):
            return probed(outcome, now: now)
        default:
            return []
        }
    }

    private func isUnreached(_ event: StartEvent) -> Bool {
        switch event {
        case .probed(.unreached), .epochWritten(.unreached): true
        default: false
        }
    }

    private mutating func nobody(at step: Step, now: Int64) -> [StartAction] {
        nobodies += 1
        // The stream that was there a moment ago has no subscription for its subject: gone, or between two leaders.
        guard step != .probe, step != .writingEpoch else { return tryAgain(StartTrouble.nobodyTakesWrites, now: now) }
        if nobodies >= StartTimes.nobodies { return give(up: StartTrouble.noJetStream, now: now) }
        return tryAgain(nil, now: now)
    }

    private mutating func found(
        _ information: StreamInformation, after step: Step, now: Int64
    ) -> [StartAction] {
        switch wanted.verdict(on: information.configuration) {
        case .fits:
            if information.isFull { return full(StartTrouble.full(information), now: now) }
            // What is told of a stream just made is not all: it has no leader yet.
            return step == .stream ? fits(information, now: now) : ask(.stream, now: now)
        case .raiseMaxAge(let maxAge):
            guard step != .update, let raised = information.configuration(withMaxAge: maxAge) else {
                return give(up: StartTrouble.maxAgeStays(information.configuration.maxAge, wanted: maxAge), now: now)
            }
            return ask(.update, now: now, raised)
        case .refuse(let text):
            return give(up: text, now: now)
        }
    }

    private mutating func rejected(_ step: Step, _ error: JetStreamError, now: Int64) -> [StartAction] {
        switch (step, error.errorCode) {
        case (.stream, JetStreamError.streamNotFound):
            return ask(.create, now: now)
        case (.update, JetStreamError.streamNotFound), (.epoch, JetStreamError.streamNotFound), (.create, JetStreamError.nameInUse):
            // Gone meanwhile, or made by another replica meanwhile: looked at again.
            return tryAgain(nil, now: now)
        default:
            if error.mayMend { return tryAgain(StartTrouble.waiting(error, wanted), now: now) }
            return give(up: StartTrouble.text(error, wanted), now: now)
        }
    }

    private mutating func ready() -> [StartAction] {
        phase = .ready
        return [.ready]
    }

    /// Nothing can be stored. What is there can be followed all the same, by a replica that has been seen to be allowed to.
    private mutating func full(_ trouble: String, now: Int64) -> [StartAction] {
        hasSucceeded ? report(trouble) + ready() : give(up: trouble, now: now)
    }

    private mutating func probed(_ outcome: PublishOutcome, now: Int64) -> [StartAction] {
        switch outcome {
        case .stored:
            hasSucceeded = true
            reported = []
            lastTrouble = nil
            return ready()
        case .busy(let text), .unknown(let text), .unreached(let text):
            return tryAgain(StartTrouble.writeNotTaken(text), now: now)
        case .refused(let text):
            return full(StartTrouble.writeRefused(text), now: now)
        case .wrongLastSequence:
            return tryAgain(StartTrouble.writeNotTaken("a condition that was not set has failed"), now: now)
        }
    }

    private mutating func tick(now: Int64) -> [StartAction] {
        switch phase {
        case .pausing(let until) where now >= until:
            return ask(.account, now: now)
        case .asking(let step, let until) where now >= until:
            nobodies = 0
            return tryAgain(StartTrouble.noAnswer(step), now: now)
        default:
            return []
        }
    }

    /// From the beginning, after a while.
    mutating func tryAgain(_ trouble: String?, now: Int64) -> [StartAction] {
        phase = .pausing(until: now + StartTimes.pause)
        defer { lastTrouble = trouble }
        guard let trouble, trouble == lastTrouble else { return [] }
        return report(trouble + ". Still trying")
    }

    /// What trying again does not mend.
    mutating func give(up trouble: String, now: Int64) -> [StartAction] {
        guard hasSucceeded else {
            phase = .refused
            return [.refuse(trouble)]
        }
        if phase != .disconnected { phase = .pausing(until: now + StartTimes.longPause) }
        nobodies = 0
        return report(trouble)
    }

    /// Whatever is on its way will not be answered; it runs into its deadline.
    private mutating func forbidden(_ trouble: String) -> [StartAction] {
        if hasFollowed { return report(trouble) }
        phase = .refused
        return [.refuse(trouble)]
    }

    mutating func report(_ trouble: String) -> [StartAction] {
        reported.insert(trouble).inserted ? [.report(trouble)] : []
    }
}
