import Testing

@testable import JetStreamLedger

@Suite("The start check without hands: the same verdicts as at a start, and nothing made or changed")
struct StartInspectionTests {
    private let wanted = StreamConfiguration(recordLifetime: 2_592_010, replicas: 1)

    private func information(_ change: (inout StreamConfiguration) -> Void = { _ in }, bytes: Int64 = 0) -> StreamInformation {
        var configuration = wanted
        change(&configuration)
        var information = StreamInformation(
            configuration: configuration, rawConfiguration: configuration.encoded(), bytes: bytes)
        information.state = StreamState(created: "x", lastSequence: 9)
        return information
    }

    /// What comes of a stream, or of an error, in answer to the question for it.
    private func step(after event: StartEvent, probing: Bool = false) -> (StartInspection.Step, StartInspection) {
        var inspection = StartInspection(wanted: wanted, probing: probing)
        #expect(inspection.handle(.connected, now: 0) == .ask(.askForAccount))
        #expect(inspection.handle(.account(level: 1), now: 1) == .ask(.askForStream))
        return (inspection.handle(event, now: 2), inspection)
    }

    /// The same, for a stream from which nothing is missing.
    private func whole(after event: StartEvent, probing: Bool = false) -> (StartInspection.Step, StartInspection) {
        var (step, inspection) = step(after: event, probing: probing)
        #expect(step == .ask(.askForEpoch))
        step = inspection.handle(.epoch(FoundEpoch(LedgerEpoch(state: .whole, name: "x"), at: 1)), now: 2)
        return (step, inspection)
    }

    private func verdict(_ step: StartInspection.Step) -> StartVerdict? {
        guard case .done(let verdict) = step else { return nil }
        return verdict
    }

    private let fits = StartVerdict(standing: .fits, problem: nil, remarks: [])

    @Test("A stream that fits; a probe is written only when it is asked for")
    func fitting() {
        #expect(whole(after: .stream(information())).0 == .done(fits))
        var (step, inspection) = whole(after: .stream(information()), probing: true)
        #expect(step == .ask(.probe))
        #expect(inspection.handle(.probed(.stored(sequence: 1)), now: 3) == .done(fits))
        (step, inspection) = whole(after: .stream(information()), probing: true)
        let refused = verdict(inspection.handle(.probed(.refused("no room")), now: 3))
        #expect(refused?.standing == .doesNotFit && refused?.problem?.contains("no room") == true)
    }

    @Test("A stream that nothing was ever stored in: its first epoch is not an inspector's to begin, a probe is written")
    func empty() {
        var empty = information()
        empty.state = StreamState(created: "x", lastSequence: 0)
        #expect(step(after: .stream(empty)).0 == .done(fits))
        var (step, inspection) = step(after: .stream(empty), probing: true)
        #expect(step == .ask(.probe))
        #expect(inspection.handle(.probed(.stored(sequence: 1)), now: 3) == .done(fits))
        (step, inspection) = self.step(after: .stream(empty), probing: true)
        #expect(verdict(inspection.handle(.probed(.refused("no room")), now: 3))?.standing == .doesNotFit)
    }

    @Test("A stream that has lost records, or is being repaired: `serve` would wait before it answers, and that is a remark", arguments: [
        (FoundEpoch?.none, RepairTrouble.withoutEpoch),
        (FoundEpoch(LedgerEpoch(state: .repairing, name: "x"), at: 4), RepairTrouble.repairing),
    ])
    func incomplete(found: FoundEpoch?, remark: String) {
        var (step, inspection) = step(after: .stream(information()))
        #expect(step == .ask(.askForEpoch))
        step = inspection.handle(.epoch(found), now: 2)
        #expect(step == .done(StartVerdict(standing: .fits, problem: nil, remarks: [remark])))
    }

    @Test("No stream: not made, which `serve` would do, and so it fits; what it may mean is told")
    func missing() {
        let error = JetStreamError(code: 404, errorCode: JetStreamError.streamNotFound, text: "x")
        let found = verdict(step(after: .rejected(error)).0)
        #expect(found == StartVerdict(standing: .fits, problem: nil, remarks: [StartInspection.missing]))
        // What cannot be seen without making it.
        var replicated = StartInspection(wanted: StreamConfiguration(recordLifetime: 2_592_010, replicas: 3), probing: false)
        _ = replicated.handle(.connected, now: 0)
        _ = replicated.handle(.account(level: 5), now: 1)
        let cluster = verdict(replicated.handle(.rejected(error), now: 2))
        #expect(cluster?.remarks == [StartInspection.missing, StartInspection.needsCluster(3)])
    }

    @Test("A max_age that is too short is a remark, and the rest is checked as if it had been raised")
    func shortAge() {
        let short = information { $0.maxAge = 3_600_000_000_000 }
        let found = verdict(whole(after: .stream(short)).0)
        #expect(found?.standing == .fits && found?.problem == nil)
        #expect(found?.remarks == ["max_age is 1 h and has to be 30 d: `serve` raises it at its start"])
        let full = information({ $0.maxAge = 1; $0.maxBytes = 5_000 }, bytes: 4_999)
        #expect(verdict(step(after: .stream(full)).0)?.standing == .doesNotFit)
        #expect(whole(after: .stream(short), probing: true).0 == .ask(.probe))
    }

    @Test("What a start refuses does not fit: another configuration, a server too old, a missing permission")
    func refused() {
        let found = verdict(step(after: .stream(information { $0.storage = "memory" })).0)
        #expect(found?.standing == .doesNotFit && found?.problem?.contains("storage is memory") == true)
        var inspection = StartInspection(wanted: wanted, probing: false)
        _ = inspection.handle(.connected, now: 0)
        var again = inspection
        #expect(verdict(inspection.handle(.account(level: 0), now: 1))?.problem == StartTrouble.tooOld)
        #expect(verdict(again.handle(.forbidden("x"), now: 1))?.standing == .doesNotFit)
    }

    @Test("What may mend itself is tried again for some seconds, and is then not known; no JetStream is refused")
    func unreachable() {
        var inspection = StartInspection(wanted: wanted, probing: false)
        var step = inspection.handle(.connected, now: 0)
        var now: Int64 = 0
        while case .wait = step { Issue.record("asks first") }
        // Never an answer.
        while verdict(step) == nil {
            if case .wait(let deadline) = step { now = deadline } else { now += StartTimes.answer }
            step = inspection.handle(.tick, now: now)
        }
        let found = verdict(step)
        #expect(found?.standing == .unreachable && found?.problem == StartTrouble.noAnswer(.account))
        #expect(now <= 10_000)
        #expect(found?.problem?.contains("Still trying") == false)

        inspection = StartInspection(wanted: wanted, probing: false)
        step = inspection.handle(.connected, now: 0)
        while verdict(step) == nil {
            if case .wait(let deadline) = step {
                step = inspection.handle(.tick, now: deadline)
            } else {
                step = inspection.handle(.nobody, now: 0)
            }
        }
        #expect(verdict(step) == StartVerdict(standing: .doesNotFit, problem: StartTrouble.noJetStream, remarks: []))
    }

    @Test("Troubles that change at every try do not keep it for ever")
    func bounded() {
        var inspection = StartInspection(wanted: wanted, probing: false)
        var step = inspection.handle(.connected, now: 0)
        var tries = 0
        while verdict(step) == nil, tries < 100 {
            if case .wait(let deadline) = step {
                step = inspection.handle(.tick, now: deadline)
            } else {
                tries += 1
                step = inspection.handle(.rejected(JetStreamError(code: 503, errorCode: 1, text: "\(tries)")), now: 0)
            }
        }
        #expect(verdict(step)?.standing == .unreachable && tries < 20)
    }
}
