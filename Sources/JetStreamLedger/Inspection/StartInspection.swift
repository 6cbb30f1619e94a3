/// The start check of `serve` with its hands tied: the same machine decides, but nothing is made or changed, and nothing
/// is written unless a probe is asked for. Pure, as the machine is.
struct StartInspection {
    enum Step: Equatable {
        case ask(StartAction)
        /// Then `handle(.tick)`.
        case wait(until: Int64)
        case done(StartVerdict)
    }

    private var machine: StartMachine
    private let probing: Bool
    private var remarks: [String] = []
    /// So often it is tried again, whatever for; a second apart, that is a patient operator.
    private var waitsLeft = 8

    init(wanted: StreamConfiguration, probing: Bool) {
        machine = StartMachine(wanted: wanted, instance: "inspection")
        self.probing = probing
    }

    mutating func handle(_ event: StartEvent, now: Int64) -> Step {
        if case .stream(let information) = event { found = information }
        if case .epoch(let found) = event, let remark = Self.remark(on: found) { remarks.append(remark) }
        var event = event
        // The probe was written in the place of the first epoch, which is not an inspector's to begin.
        if isEmpty, case .probed(let outcome) = event { event = .epochWritten(outcome) }
        guard let action = machine.handle(event, now: now).first else { return wait(now: now) }
        switch action {
        case .askForAccount, .askForStream:
            return .ask(action)
        case .askForEpoch:
            return isEmpty ? done(.fits) : .ask(action)
        case .writeEpoch:
            isEmpty = true
            return probing ? .ask(.probe) : done(.fits)
        case .probe:
            return probing ? .ask(action) : done(.fits)
        case .ready:
            return done(.fits)
        case .createStream(let wanted):
            remarks.append(Self.missing)
            if wanted.replicas > 1 { remarks.append(Self.needsCluster(wanted.replicas)) }
            return done(.fits)
        case .updateStream:
            guard var raised = found, case .raiseMaxAge(let maxAge) = machine.wanted.verdict(on: raised.configuration) else {
                return done(.unreachable, "the stream's configuration cannot be read")
            }
            remarks.append(Self.raises(from: raised.configuration.maxAge, to: maxAge))
            // What else there is to say is said of the stream as `serve` would leave it.
            raised.configuration.maxAge = maxAge
            let step = handle(.stream(raised), now: now)
            return step == .ask(.askForStream) ? handle(.stream(raised), now: now) : step
        case .refuse(let text):
            return done(.doesNotFit, text)
        case .report(let text):
            return done(.unreachable, machine.lastTrouble ?? text)
        }
    }

    private var found: StreamInformation?
    /// Nothing was ever stored in the stream.
    private var isEmpty = false

    private mutating func wait(now: Int64) -> Step {
        guard waitsLeft > 0, let deadline = machine.nextDeadline() else {
            return done(.unreachable, machine.lastTrouble ?? "JetStream is not ready")
        }
        waitsLeft -= 1
        return .wait(until: deadline)
    }

    private func done(_ standing: StartVerdict.Standing, _ problem: String? = nil) -> Step {
        .done(StartVerdict(standing: standing, problem: problem, remarks: remarks))
    }

    /// What keeps a replica that starts from answering for a while.
    static func remark(on found: FoundEpoch?) -> String? {
        switch found?.epoch?.state {
        case .whole, .presumed: nil
        case .repairing: RepairTrouble.repairing
        case nil: RepairTrouble.withoutEpoch
        }
    }

    static let missing = """
        there is no stream \(LedgerSubject.stream): the first replica that starts makes it. If there was one, what it held \
        is gone: access tokens that were revoked are valid again until they expire, and refresh tokens from before are \
        refused, so that users log in again
        """

    static func needsCluster(_ replicas: Int64) -> String {
        """
        it can be made only by a cluster of at least \(replicas) nats-servers with JetStream and room \
        (--ledger-replicas \(replicas)); whether this is one was not tried
        """
    }

    static func raises(from found: Int64, to wanted: Int64) -> String {
        """
        max_age is \(Wording.duration(seconds: found / 1_000_000_000)) and has to be \
        \(Wording.duration(seconds: wanted / 1_000_000_000)): `serve` raises it at its start
        """
    }
}

/// Whether `serve` would start on what is there.
package struct StartVerdict: Equatable, Sendable {
    package enum Standing: String, Sendable {
        case fits
        case doesNotFit = "does_not_fit"
        /// Not known: nobody answers, or what answers is not ready.
        case unreachable
    }

    package var standing: Standing
    /// What keeps it from starting, and what to do; nil when it fits.
    package var problem: String?
    /// What it would do at its start, or what should be known.
    package var remarks: [String]
}
