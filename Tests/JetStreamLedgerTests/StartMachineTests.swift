import Testing

@testable import JetStreamLedger

@Suite("A replica serves from a ledger that can keep what it promises, or says what is wrong")
struct StartMachineTests {
    private let wanted = StreamConfiguration(recordLifetime: 2_592_010, replicas: 1)
    private var found: StreamInformation { found(last: 9) }

    private func error(_ errorCode: Int64, code: Int64 = 400, _ text: String = "x") -> StartEvent {
        .rejected(JetStreamError(code: code, errorCode: errorCode, text: text))
    }

    /// Asked for the account, and then for the stream.
    private func askingForStream() -> StartMachine {
        var machine = StartMachine(wanted: wanted, instance: "a")
        #expect(machine.handle(.connected, now: 0) == [.askForAccount])
        #expect(machine.handle(.account(level: 1), now: 1) == [.askForStream])
        return machine
    }

    private let whole = FoundEpoch(LedgerEpoch(state: .whole, name: "b.0"), at: 1)

    /// A stream that has been used before.
    private func found(last sequence: UInt64, at time: Int64 = 0) -> StreamInformation {
        var information = StreamInformation(configuration: wanted, rawConfiguration: wanted.encoded())
        information.state = StreamState(created: "x", lastSequence: sequence, time: time)
        return information
    }

    private func ready() -> StartMachine {
        var machine = askingForStream()
        #expect(machine.handle(.stream(found), now: 2) == [.askForEpoch])
        #expect(machine.handle(.epoch(whole), now: 2) == [.probe])
        #expect(machine.handle(.probed(.stored(sequence: 1)), now: 3) == [.ready])
        return machine
    }

    private func refusal(_ actions: [StartAction]) -> String? {
        guard actions.count == 1, case .refuse(let text) = actions[0] else { return nil }
        return text
    }

    private func report(_ actions: [StartAction]) -> String? {
        guard actions.count == 1, case .report(let text) = actions[0] else { return nil }
        return text
    }

    @Test("A stream that is missing is made, and then written to")
    func creates() {
        var machine = askingForStream()
        #expect(machine.handle(error(JetStreamError.streamNotFound), now: 2) == [.createStream(wanted)])
        // No refresh token from before can be looked up in it.
        let first = LedgerEpoch(state: .presumed, name: "a.s1", redeemedSince: 1_800_000_000_000)
        #expect(machine.handle(.stream(found), now: 3) == [.askForStream])
        #expect(machine.handle(.stream(found(last: 0, at: 1_800_000_000_000)), now: 3) == [.writeEpoch(first, expecting: 0)])
        #expect(machine.handle(.epochWritten(.stored(sequence: 1)), now: 3) == [.askForEpoch])
        #expect(machine.handle(.epoch(FoundEpoch(first, at: 1)), now: 3) == [.probe])
        #expect(machine.handle(.probed(.stored(sequence: 1)), now: 4) == [.ready])
        #expect(machine.nextDeadline() == nil)
    }

    @Test("A max_age that is too short is raised, and nothing else is touched; one that stays short is refused")
    func raises() {
        var short = wanted
        short.maxAge = 1_000_000_000
        let raw = Array(#"{"name":"TOKEN_LEDGER","later":{"max_age":7,"x":"}\","},"max_age":1000000000 ,"metadata":{}}"#.utf8)
        let information = StreamInformation(configuration: short, rawConfiguration: raw)
        let raised = Array(
            #"{"name":"TOKEN_LEDGER","later":{"max_age":7,"x":"}\","},"max_age":2592010000000000 ,"metadata":{}}"#.utf8)
        var machine = askingForStream()
        #expect(machine.handle(.stream(information), now: 2) == [.updateStream(raised)])
        var taken = machine
        #expect(taken.handle(.stream(found), now: 3) == [.askForStream])
        #expect(taken.handle(.stream(found), now: 3) == [.askForEpoch])
        #expect(refusal(machine.handle(.stream(information), now: 3))?.contains("max_age") == true)
    }

    @Test("Another replica was first: its stream is looked at")
    func race() {
        var machine = askingForStream()
        _ = machine.handle(error(JetStreamError.streamNotFound), now: 2)
        #expect(machine.handle(error(JetStreamError.nameInUse), now: 3) == [])
        #expect(machine.handle(.tick, now: 3 + StartTimes.pause) == [.askForAccount])
    }

    @Test("Nobody answers, three times a second apart: there is no JetStream, and what to do is said")
    func noJetStream() {
        var machine = StartMachine(wanted: wanted, instance: "a")
        #expect(machine.handle(.connected, now: 0) == [.askForAccount])
        #expect(machine.handle(.nobody, now: 1) == [])
        #expect(machine.handle(.tick, now: 1_001) == [.askForAccount])
        #expect(machine.handle(.nobody, now: 1_002) == [])
        #expect(machine.handle(.tick, now: 2_002) == [.askForAccount])
        let text = refusal(machine.handle(.nobody, now: 2_003))
        #expect(text?.contains("--ledger memory") == true && text?.contains("-js") == true)
        #expect(machine.handle(.connected, now: 3_000) == [])
    }

    @Test(
        "What time does not mend is refused at once, with what to do",
        arguments: [
            (JetStreamError.notEnabledForAccount, Int64(503), "jetstream: enabled"),
            (JetStreamError.replicasNeedCluster, 500, "--ledger-replicas 1"),
            (10065, 400, "nats stream find"),
        ])
    func fatal(errorCode: Int64, code: Int64, words: String) {
        var machine = askingForStream()
        _ = machine.handle(error(JetStreamError.streamNotFound, code: 404), now: 2)
        #expect(refusal(machine.handle(error(errorCode, code: code), now: 3))?.contains(words) == true)
    }

    @Test("A server that is too old, a stream for something else, a full stream, a missing permission: refused")
    func refused() {
        var machine = StartMachine(wanted: wanted, instance: "a")
        _ = machine.handle(.connected, now: 0)
        #expect(refusal(machine.handle(.account(level: 0), now: 1))?.contains("2.11") == true)

        machine = askingForStream()
        var other = wanted
        other.storage = "memory"
        let information = StreamInformation(configuration: other, rawConfiguration: [])
        #expect(refusal(machine.handle(.stream(information), now: 2))?.contains("storage") == true)

        machine = askingForStream()
        var filled = found
        (filled.configuration.maxBytes, filled.bytes) = (10_000, 9_900)
        #expect(refusal(machine.handle(.stream(filled), now: 2))?.contains("9900 of 10000 bytes") == true)

        machine = askingForStream()
        _ = machine.handle(.stream(found), now: 2)
        _ = machine.handle(.epoch(whole), now: 2)
        let full = PublishOutcome(JetStreamError(code: 503, errorCode: 10077, text: "maximum bytes exceeded"))
        #expect(refusal(machine.handle(.probed(full), now: 3))?.contains("maximum bytes exceeded") == true)

        for var machine in [askingForStream(), ready()] {
            let text = refusal(machine.handle(.forbidden(#"Publish to "ledger.probe""#), now: 4))
            #expect(text?.contains("$JS.API.CONSUMER.CREATE.TOKEN_LEDGER.>") == true)
        }
    }

    @Test("What may mend itself is tried again for as long as it takes, and told once")
    func transient() {
        var machine = StartMachine(wanted: wanted, instance: "a")
        var now: Int64 = 0
        var reports = 0
        _ = machine.handle(.connected, now: now)
        for round in 0..<50 {
            let actions = machine.handle(error(10008, code: 503), now: now)
            #expect(refusal(actions) == nil)
            reports += actions.count
            #expect(round > 0 || actions.isEmpty)
            now = machine.nextDeadline() ?? .max
            #expect(machine.handle(.tick, now: now) == [.askForAccount])
        }
        #expect(reports == 1)
        // Not answered at all.
        reports = 0
        for _ in 0..<10 {
            now = machine.nextDeadline() ?? .max
            reports += machine.handle(.tick, now: now).count { if case .report = $0 { true } else { false } }
        }
        #expect(reports == 1)
        // And then all is well.
        if machine.phase != .asking(.account, until: now + StartTimes.answer) {
            now = machine.nextDeadline() ?? .max
            _ = machine.handle(.tick, now: now)
        }
        #expect(machine.handle(.account(level: 5), now: now) == [.askForStream])
    }

    @Test("A replica that runs is never told to stop: it warns, each trouble once, and looks again")
    func running() {
        var machine = ready()
        _ = machine.handle(.followed, now: 4)
        #expect(report(machine.handle(.forbidden("x"), now: 5)) != nil)
        #expect(machine.handle(.forbidden("x"), now: 6) == [])
        #expect(machine.phase == .ready)

        _ = machine.handle(.disconnected, now: 7)
        #expect(machine.handle(.connected, now: 8) == [.askForAccount])
        #expect(report(machine.handle(.account(level: 0), now: 9)) != nil)
        let again = machine.nextDeadline() ?? .max
        #expect(machine.handle(.tick, now: again) == [.askForAccount])
        #expect(machine.handle(.account(level: 0), now: again) == [])
    }

    @Test("A stream that is gone while the replica runs is made anew")
    func gone() {
        var machine = ready()
        #expect(machine.handle(.check, now: 10) == [.askForStream])
        #expect(machine.handle(.check, now: 10) == [])
        #expect(machine.handle(error(JetStreamError.streamNotFound, code: 404), now: 11) == [.createStream(wanted)])
        // It knows what is missing, and a replica that starts now does not: so that is said before anything else.
        let repair = LedgerEpoch(state: .repairing, name: "a.s1")
        #expect(machine.handle(.stream(found), now: 12) == [.askForStream])
        #expect(machine.handle(.stream(found(last: 0)), now: 12) == [.writeEpoch(repair, expecting: 0)])
        #expect(machine.handle(.epochWritten(.stored(sequence: 1)), now: 12) == [.askForEpoch])
        #expect(machine.handle(.epoch(FoundEpoch(repair, at: 1)), now: 12) == [.probe])
        #expect(machine.handle(.probed(.stored(sequence: 2)), now: 13) == [.ready])
        // Gone once more, it is another loss, under another name.
        _ = machine.handle(.check, now: 20)
        let next = LedgerEpoch(state: .repairing, name: "a.s2")
        #expect(machine.handle(.stream(found(last: 0)), now: 21) == [.writeEpoch(next, expecting: 0)])
    }

    @Test("A full stream that is checked again is followed by a replica that runs, which says so once")
    func fullWhileRunning() {
        let full = PublishOutcome(JetStreamError(code: 503, errorCode: 10077, text: "maximum bytes exceeded"))
        var machine = ready()
        for round in 0..<2 {
            #expect(machine.handle(.check, now: 10) == [.askForStream])
            #expect(machine.handle(.stream(found), now: 11) == [.askForEpoch])
            #expect(machine.handle(.epoch(whole), now: 11) == [.probe])
            let actions = machine.handle(.probed(full), now: 12)
            #expect(actions.last == .ready && actions.count == 2 - round && machine.phase == .ready)
        }
    }

    @Test("Without a leader nothing is sure: tried again, and told when it lasts")
    func leaderless() {
        var machine = askingForStream()
        var leaderless = found
        leaderless.state = nil
        #expect(machine.handle(.stream(leaderless), now: 2) == [])
        let again = machine.nextDeadline() ?? .max
        _ = machine.handle(.tick, now: again)
        _ = machine.handle(.account(level: 1), now: again)
        #expect(report(machine.handle(.stream(leaderless), now: again))?.contains("no leader") == true)
    }

    @Test("Another replica was first to write into the empty stream: that is as good")
    func second() {
        var machine = askingForStream()
        _ = machine.handle(.stream(found(last: 0)), now: 2)
        #expect(machine.handle(.epochWritten(.wrongLastSequence), now: 3) == [.askForEpoch])
        #expect(machine.handle(.epoch(whole), now: 3) == [.probe])
    }

    @Test("An answer to nothing that was asked changes nothing")
    func stray() {
        var machine = ready()
        let before = machine
        for event: StartEvent in [
            .account(level: 0), .stream(found), .probed(.refused("x")), error(10039), .nobody, .tick,
        ] {
            #expect(machine.handle(event, now: 100) == [])
        }
        #expect(machine == before)
        machine = askingForStream()
        #expect(machine.handle(.account(level: 0), now: 2) == [] && machine.handle(.probed(.refused("x")), now: 2) == [])
    }
}
