import Testing

@testable import JetStreamLedger

@Suite("What is lost is published again, the stream says when it is whole, and repairs do not answer each other for ever")
struct RepairMachineTests {
    private func fresh(_ instance: String = "a") -> RepairMachine {
        RepairMachine(instance: instance, recordLifetime: 3_600, maxStaleness: 15_000)
    }

    /// Current for 20 s as of 0, under this epoch, which it has written again; idle.
    private func machine(_ instance: String = "a", under name: String = "x.0") -> RepairMachine {
        var machine = fresh(instance)
        let start: Int64 = -20_000
        #expect(machine.handle(.connected, now: start - 9) == [.askForEpoch])
        #expect(machine.handle(epoch(.whole, name, at: 1), now: start - 8) == [])
        #expect(machine.handle(.proven(asOf: start), now: start) == [.askForEpoch])
        #expect(machine.handle(epoch(.whole, name, at: 1), now: start) == [write(.whole, name, over: 1)])
        #expect(machine.handle(.written(.stored(sequence: 2)), now: start) == [])
        for time in stride(from: start, through: 0, by: 4_000) { _ = machine.handle(.proven(asOf: time), now: time) }
        #expect(machine.handle(.tick, now: 0) == [.askForEpoch])
        #expect(machine.handle(epoch(.whole, name, at: 2), now: 0) == [])
        #expect(machine.provenAt == 0 && machine.ours == name)
        return machine
    }

    private func epoch(_ state: LedgerEpoch.State, _ name: String, at sequence: UInt64, last: UInt64 = 0) -> RepairEvent {
        .epoch(FoundEpoch(LedgerEpoch(state: state, name: name), at: sequence), lastRevocation: last)
    }

    private func none(last: UInt64 = 0) -> RepairEvent { .epoch(nil, lastRevocation: last) }

    private func write(_ state: LedgerEpoch.State, _ name: String, over sequence: UInt64) -> RepairAction {
        .writeEpoch(LedgerEpoch(state: state, name: name), expecting: sequence)
    }

    /// Waits for the next look.
    private func look(_ machine: inout RepairMachine) -> Int64 {
        let now = machine.nextDeadline() ?? .max
        #expect(machine.handle(.tick, now: now - 1) == [])
        #expect(machine.handle(.tick, now: now) == [.askForEpoch])
        return now
    }

    private func isIdle(_ machine: RepairMachine) -> Bool { if case .idle = machine.phase { true } else { false } }

    @Test("The first that finds a loss begins an epoch, publishes, and ends it where it began it")
    func first() {
        var machine = machine()
        #expect(machine.handle(.lost(.purged), now: 1) == [.askForEpoch])
        #expect(machine.handle(none(), now: 2) == [write(.repairing, "a.1", over: 0)])
        #expect(machine.handle(.written(.stored(sequence: 10)), now: 3) == [.publish(.purged)])
        #expect(machine.nextDeadline() == nil)
        #expect(machine.handle(.published, now: 4) == [write(.whole, "a.1", over: 10)])
        #expect(machine.handle(.written(.stored(sequence: 50)), now: 5) == [])
        #expect(isIdle(machine) && machine.ours == "a.1")
    }

    @Test("An epoch that a leader which was cut off does not know, or knows otherwise, is not lost: it stands where it stood")
    func forgotten() {
        for told in [none(), epoch(.whole, "w.0", at: 1), epoch(.repairing, "w.0", at: 1)] {
            var machine = machine()
            _ = machine.handle(.serverTime(1_000_000, askedAt: 0), now: 0)
            var now = look(&machine)
            #expect(machine.handle(told, now: now) == [])
            now = look(&machine)
            let actions = machine.handle(told, now: now)
            if case .publish = actions.first {
                // It publishes what it knows, which does no harm, and means to end another's repair, or waits for its end.
                let end = machine.handle(.published, now: now)
                if end != [.askForEpoch] { #expect(machine.handle(.written(.wrongLastSequence), now: now) == [.askForEpoch]) }
            } else {
                #expect(actions == [.writeEpoch(LedgerEpoch(state: .repairing, name: "a.1", redeemedSince: 1_000_000 + now), expecting: 0)])
                #expect(machine.handle(.written(.wrongLastSequence), now: now) == [.askForEpoch])
            }
            #expect(machine.handle(epoch(.whole, "x.0", at: 2), now: now) == [])
            #expect(isIdle(machine) && machine.repair == nil && machine.ours == "x.0" && machine.redeemedSince == 0)
        }
    }

    @Test("Redemptions from before a loss may be gone: whoever finds it says so in the epoch, and never takes it back")
    func redemptions() {
        var machine = machine()
        // 1 s on its way there, and back.
        _ = machine.handle(.serverTime(1_800_000_000_000, askedAt: 10), now: 2_010)
        #expect(machine.redeemedSince == 0)
        #expect(machine.handle(.lost(.purged), now: 3_010) == [.askForEpoch])
        #expect(machine.redeemedSince == 1_800_000_003_000)
        let begun = LedgerEpoch(state: .repairing, name: "a.1", redeemedSince: 1_800_000_004_000)
        #expect(machine.handle(none(), now: 4_010) == [.writeEpoch(begun, expecting: 0)])
        #expect(machine.handle(.written(.stored(sequence: 10)), now: 4_011) == [.publish(.purged)])
        let ended = LedgerEpoch(state: .whole, name: "a.1", redeemedSince: begun.redeemedSince)
        #expect(machine.handle(.published, now: 5_000) == [.writeEpoch(ended, expecting: 10)])
        // One that a restored copy has brought back.
        _ = machine.handle(.written(.stored(sequence: 11)), now: 5_001)
        _ = look(&machine)
        _ = machine.handle(epoch(.whole, "a.1", at: 5), now: 9_000)
        #expect(machine.redeemedSince == begun.redeemedSince)
    }

    @Test("To a replica that has never been current, records that have moved are no loss unless the epoch says so")
    func movedBeforeCurrent() {
        var machine = fresh()
        _ = machine.handle(.connected, now: 0)
        _ = machine.handle(.serverTime(1_800_000_000_000, askedAt: 0), now: 0)
        #expect(machine.handle(epoch(.presumed, "x.0", at: 1), now: 1) == [])
        #expect(machine.handle(.lost(.overtaken), now: 2) == [.askForEpoch])
        #expect(machine.handle(epoch(.presumed, "x.0", at: 1), now: 3) == [])
        #expect(machine.repair == nil && machine.redeemedSince == 0)
        _ = machine.handle(.lost(.overtaken), now: 4)
        #expect(machine.handle(epoch(.repairing, "y.1", at: 9), now: 5) == [.publish(.overtaken)])
    }

    @Test("What another says of redemptions counts here; that others publish again is no loss of one's own")
    func redemptionsOfAnother() {
        var machine = machine()
        _ = machine.handle(.serverTime(1_800_000_000_000, askedAt: 0), now: 0)
        _ = machine.handle(.lost(.overtaken), now: 1)
        #expect(machine.redeemedSince == 0)
        let other = LedgerEpoch(state: .repairing, name: "b.1", redeemedSince: 1_799_999_999_000)
        let found = RepairEvent.epoch(FoundEpoch(other, at: 9), lastRevocation: 0)
        #expect(machine.handle(found, now: 2) == [.publish(.overtaken)])
        #expect(machine.redeemedSince == other.redeemedSince)
        #expect(
            machine.handle(.published, now: 3)
                == [.writeEpoch(LedgerEpoch(state: .whole, name: "b.1", redeemedSince: other.redeemedSince), expecting: 9)])
    }

    @Test("A repair that a restored copy has brought back says what this replica knows to be lost before it is joined")
    func repairOfACopy() {
        func found(_ since: Int64, at sequence: UInt64) -> RepairEvent {
            .epoch(FoundEpoch(LedgerEpoch(state: .repairing, name: "b.1", redeemedSince: since), at: sequence), lastRevocation: 0)
        }
        for outcome in [PublishOutcome.stored(sequence: 10), .wrongLastSequence] {
            var machine = machine()
            _ = machine.handle(.serverTime(1_800_000_000_000, askedAt: 0), now: 0)
            _ = machine.handle(.lost(.rolledBack), now: 3_000)
            let raised = LedgerEpoch(state: .repairing, name: "b.1", redeemedSince: 1_800_000_003_000)
            #expect(machine.handle(found(1_799_999_999_000, at: 9), now: 3_001) == [.writeEpoch(raised, expecting: 9)])
            let actions = machine.handle(.written(outcome), now: 3_002)
            guard outcome == .wrongLastSequence else {
                #expect(actions == [.publish(.rolledBack)])
                continue
            }
            // Another, who found it later, has done the same.
            #expect(actions == [.askForEpoch])
            #expect(machine.handle(found(1_800_000_004_000, at: 10), now: 3_003) == [.publish(.rolledBack)])
        }
    }

    @Test("The second publishes under the epoch of the first, and finds its end written already")
    func second() {
        var machine = machine()
        _ = machine.handle(.lost(.purged), now: 1)
        #expect(machine.handle(epoch(.repairing, "b.1", at: 10), now: 2) == [.publish(.purged)])
        #expect(machine.handle(.published, now: 4) == [write(.whole, "b.1", over: 10)])
        #expect(machine.handle(.written(.wrongLastSequence), now: 5) == [.askForEpoch])
        #expect(machine.handle(epoch(.whole, "b.1", at: 30), now: 6) == [])
        #expect(isIdle(machine) && machine.ours == "b.1")
    }

    @Test("The first has died: the second ends what it had begun")
    func firstDied() {
        var machine = machine()
        _ = machine.handle(.lost(.purged), now: 1)
        _ = machine.handle(epoch(.repairing, "b.1", at: 10), now: 2)
        #expect(machine.handle(.published, now: 4) == [write(.whole, "b.1", over: 10)])
        #expect(machine.handle(.written(.stored(sequence: 20)), now: 5) == [])
        #expect(machine.ours == "b.1")
    }

    @Test("Overtaken under the epoch that it has published under itself: nothing is lost, and nothing is published")
    func overtaken() {
        var machine = machine(under: "b.1")
        #expect(machine.handle(.lost(.overtaken), now: 1) == [.askForEpoch])
        #expect(machine.handle(epoch(.whole, "b.1", at: 10), now: 2) == [])
        #expect(isIdle(machine))
        // Under another one there was a loss that it has not noticed.
        #expect(machine.handle(.lost(.overtaken), now: 3) == [.askForEpoch])
        #expect(machine.handle(epoch(.whole, "c.1", at: 20), now: 4) == [.publish(.overtaken)])
        // What others publish meanwhile is no reason to begin again.
        #expect(machine.handle(.lost(.overtaken), now: 5) == [])
    }

    @Test("Lost again in the middle: the end of the first repair is not believed, and all is published once more")
    func lostAgain() {
        var machine = machine()
        _ = machine.handle(.lost(.purged), now: 1)
        _ = machine.handle(none(), now: 2)
        _ = machine.handle(.written(.stored(sequence: 10)), now: 3)
        var unnoticed = machine
        // Noticed in the middle.
        #expect(machine.handle(.lost(.purged), now: 4) == [.askForEpoch])
        #expect(machine.handle(.published, now: 4) == [])
        #expect(machine.handle(none(), now: 5) == [write(.repairing, "a.2", over: 0)])
        #expect(machine.handle(.written(.stored(sequence: 99)), now: 6) == [.publish(.purged)])
        // Not noticed before the end.
        #expect(unnoticed.handle(.published, now: 4) == [write(.whole, "a.1", over: 10)])
        #expect(unnoticed.handle(.written(.wrongLastSequence), now: 5) == [.askForEpoch])
        #expect(unnoticed.handle(none(), now: 6) == [write(.repairing, "a.2", over: 0)])
        #expect(unnoticed.handle(.written(.stored(sequence: 99)), now: 7) == [.publish(.purged)])
    }

    @Test("The epoch that a restored copy brings back is not taken for this loss's", arguments: [
        ReplayReason.rolledBack, .recreated, .recordGone,
    ])
    func restored(reason: ReplayReason) {
        var machine = machine()
        _ = machine.handle(.lost(reason), now: 1)
        #expect(machine.handle(epoch(.whole, "w.0", at: 3), now: 2) == [write(.repairing, "a.1", over: 3)])
        // Nor its own.
        var same = self.machine()
        _ = same.handle(.lost(reason), now: 1)
        #expect(same.handle(epoch(.whole, "x.0", at: 3), now: 2) == [write(.repairing, "a.1", over: 3)])
        // One that was begun since is.
        var other = self.machine()
        _ = other.handle(.lost(reason), now: 1)
        #expect(other.handle(epoch(.repairing, "b.1", at: 3), now: 2) == [.publish(reason)])
    }

    @Test("An answer that is lost, an error, nobody there: asked again after a pause, and an own write is recognized")
    func trouble() {
        var machine = machine()
        _ = machine.handle(.lost(.purged), now: 0)
        _ = machine.handle(none(), now: 0)
        var now = machine.nextDeadline() ?? .max
        #expect(machine.handle(.tick, now: now) == [])
        now = look(&machine)
        // It was stored.
        #expect(machine.handle(epoch(.repairing, "a.1", at: 10), now: now) == [.publish(.purged)])
        #expect(machine.handle(.published, now: now) == [write(.whole, "a.1", over: 10)])
        #expect(machine.handle(.written(.unreached("x")), now: now) == [])
        now = look(&machine)
        #expect(machine.handle(.failed, now: now) == [])
        now = look(&machine)
        #expect(machine.handle(epoch(.repairing, "a.1", at: 10), now: now) == [write(.whole, "a.1", over: 10)])
        // A full stream is worth a word.
        let actions = machine.handle(.written(.refused("no room")), now: now)
        #expect(actions == [.report(RepairTrouble.epochNotTaken("no room"))])
        now = look(&machine)
        #expect(machine.handle(epoch(.repairing, "a.1", at: 10), now: now) == [write(.whole, "a.1", over: 10)])
        #expect(machine.handle(.written(.stored(sequence: 12)), now: now) == [])
        #expect(machine.ours == "a.1")
    }

    @Test("It is looked at all the time; before the stream may drop it for its age it is written again, as it is", arguments: [
        LedgerEpoch.State.whole, .presumed,
    ])
    func renewal(state: LedgerEpoch.State) {
        var machine = machine()
        var now: Int64 = 0
        var writes: [Int64] = []
        while now < 2_000_000 {
            now = look(&machine)
            let actions = machine.handle(epoch(state, "x.0", at: 7), now: now)
            guard !actions.isEmpty else { continue }
            #expect(actions == [write(state, "x.0", over: 7)])
            #expect(machine.handle(.written(.stored(sequence: 80)), now: now) == [])
            writes.append(now)
        }
        // After each quarter of the hour that a record is kept.
        #expect(writes == [880_000, 1_780_000] && machine.ours == "x.0")
    }

    @Test("An epoch that is gone, or another's, seen twice, is a loss that this replica has not noticed by itself")
    func unnoticed() {
        var machine = machine()
        #expect(machine.nextDeadline() == RepairTimes.look)
        var due = look(&machine)
        var other = machine
        #expect(machine.handle(none(), now: due) == [])
        due = look(&machine)
        #expect(due == RepairTimes.look + RepairTimes.doubt)
        // A deposed leader's old word.
        var deposed = machine
        #expect(deposed.handle(epoch(.whole, "x.0", at: 2), now: due) == [])
        #expect(deposed.doubt == nil)
        #expect(machine.handle(none(), now: due) == [write(.repairing, "a.1", over: 0)])
        #expect(machine.handle(.written(.stored(sequence: 81)), now: due) == [.publish(.purged)])

        #expect(other.handle(epoch(.whole, "b.1", at: 90), now: due) == [])
        due = look(&other)
        #expect(other.handle(epoch(.whole, "b.1", at: 90), now: due) == [.publish(.overtaken)])
        #expect(other.handle(.published, now: due) == [write(.whole, "b.1", over: 90)])
        #expect(other.handle(.written(.stored(sequence: 95)), now: due) == [])
        #expect(other.ours == "b.1" && other.nextDeadline() == due + RepairTimes.look)
    }

    @Test("Over the word of one that could not know, who knows more begins a repair")
    func presumed() {
        var machine = machine()
        var due = look(&machine)
        #expect(machine.handle(epoch(.presumed, "s.1", at: 5), now: due) == [])
        due = look(&machine)
        #expect(machine.handle(epoch(.presumed, "s.1", at: 5), now: due) == [write(.repairing, "a.1", over: 5)])
        // And where one has given up in the middle of a repair, it ends it.
        #expect(machine.handle(.written(.stored(sequence: 6)), now: due) == [.publish(.overtaken)])
        #expect(machine.handle(.published, now: due) == [write(.whole, "a.1", over: 6)])
        #expect(machine.handle(.written(.wrongLastSequence), now: due) == [.askForEpoch])
        #expect(machine.handle(epoch(.presumed, "a.1", at: 9), now: due) == [write(.whole, "a.1", over: 9)])
    }

    // MARK: Who does not know all

    @Test("Who was out of sight of the ledger publishes what it knows, and leaves the end to one that knew all")
    func absent() {
        var machine = machine()
        #expect(machine.handle(.connected, now: 20_000) == [.askForEpoch])
        #expect(machine.handle(.lost(.purged), now: 20_001) == [.askForEpoch])
        #expect(machine.handle(none(), now: 20_002) == [write(.repairing, "a.1", over: 0)])
        #expect(machine.handle(.written(.stored(sequence: 10)), now: 20_003) == [.publish(.purged)])
        #expect(machine.handle(.published, now: 20_010) == [.askForEpoch])
        #expect(machine.handle(epoch(.repairing, "a.1", at: 10), now: 20_011) == [.report(RepairTrouble.waiting)])
        let now = look(&machine)
        #expect(machine.handle(epoch(.whole, "a.1", at: 30), now: now) == [])
        #expect(machine.ours == "a.1" && machine.repair == nil)
    }

    @Test("Where none is left that knew all, it waits while anything moves, and then goes on, and says so")
    func alone() {
        var machine = machine()
        _ = machine.handle(.lost(.purged), now: 20_000)
        _ = machine.handle(epoch(.repairing, "b.1", at: 10), now: 20_000)
        #expect(machine.handle(.published, now: 20_010) == [.askForEpoch])
        var now: Int64 = 20_010
        var actions: [RepairAction] = []
        while true {
            // Somebody publishes for 5 s.
            let last = UInt64(min(now, 25_000))
            actions = machine.handle(epoch(.repairing, "b.1", at: 10, last: last), now: now)
            guard actions == [.report(RepairTrouble.waiting)] else { break }
            now = look(&machine)
        }
        #expect(actions == [.report(RepairTrouble.lost), write(.presumed, "b.1", over: 10)])
        #expect(now >= 25_000 + RepairTimes.still - 1_000 && now < 25_000 + RepairTimes.still + 2_000)
        #expect(machine.handle(.written(.stored(sequence: 70)), now: now) == [])
        #expect(machine.ours == "b.1" && machine.repair == nil)
    }

    /// One that starts, finds this and nothing else, and has published the nothing that it knows; until it writes something.
    private func wait(
        _ machine: inout RepairMachine, until end: Int64 = 100_000, _ found: (Int64) -> RepairEvent
    ) -> (write: RepairAction?, reports: Set<String>, now: Int64) {
        var reports: Set<String> = []
        var now: Int64 = 0
        while now < end {
            for action in machine.handle(found(now), now: now) {
                switch action {
                case .report(let text): reports.insert(text)
                default: return (action, reports, now)
                }
            }
            now = look(&machine)
        }
        return (nil, reports, now)
    }

    /// Has found that twice.
    private func starting(on found: RepairEvent) -> (machine: RepairMachine, actions: [RepairAction]) {
        var machine = fresh()
        #expect(machine.nextDeadline() == nil)
        _ = machine.handle(.connected, now: -1_000)
        _ = machine.handle(found, now: -1_000)
        let now = look(&machine)
        let actions = machine.handle(found, now: now)
        return (machine, actions)
    }

    @Test("Who starts on a stream without an epoch says so in it, and waits; then it goes on, and says that as well")
    func ignorant() {
        var (machine, actions) = starting(on: none())
        #expect(actions == [write(.repairing, "a.1", over: 0)])
        #expect(machine.handle(.written(.stored(sequence: 5)), now: 0) == [.publish(.purged)])
        #expect(machine.handle(.published, now: 0) == [.askForEpoch])
        let ended = wait(&machine) { _ in epoch(.repairing, "a.1", at: 5) }
        #expect(ended.now >= RepairTimes.stillOwn && ended.now < RepairTimes.stillOwn + 2_000)
        #expect(ended.write == write(.presumed, "a.1", over: 5) && ended.reports == [RepairTrouble.waiting, RepairTrouble.lost])
        // Somebody who knew all has ended it in the last moment.
        var late = machine
        #expect(late.handle(.written(.wrongLastSequence), now: ended.now) == [.askForEpoch])
        #expect(late.handle(epoch(.whole, "a.1", at: 8), now: ended.now) == [])
        for var machine in [machine, late] {
            _ = machine.handle(.written(.stored(sequence: 8)), now: ended.now)
            _ = look(&machine)
            _ = machine.handle(epoch(.presumed, "a.1", at: 8), now: ended.now + 1)
            #expect(machine.handle(.proven(asOf: ended.now + 2), now: ended.now + 3) == [.askForEpoch])
            _ = machine.handle(epoch(.presumed, "a.1", at: 8), now: ended.now + 4)
            #expect(machine.provenAt == ended.now + 2)
            #expect(machine.ours == "a.1")
        }
    }

    @Test("Who starts in a repair waits for its end as long as anything moves, and some time longer")
    func repairing() {
        var (machine, actions) = starting(on: epoch(.repairing, "c.1", at: 3))
        #expect(actions == [.publish(.overtaken)])
        #expect(machine.handle(.published, now: 0) == [.askForEpoch])
        var given = machine
        let moving = wait(&machine, until: 90_000) { epoch(.repairing, "c.1", at: 3, last: UInt64($0)) }
        #expect(moving.write == nil && moving.reports == [RepairTrouble.waiting])
        #expect(machine.handle(epoch(.whole, "c.1", at: 99), now: moving.now) == [])
        #expect(machine.wait == nil && machine.ours == "c.1")
        let still = wait(&given) { epoch(.repairing, "c.1", at: 3, last: UInt64(min($0, 20_000))) }
        #expect(still.write == write(.presumed, "c.1", over: 3) && still.reports.contains(RepairTrouble.lost))
        #expect(still.now >= 20_000 + RepairTimes.still - 1_000 && still.now < 20_000 + RepairTimes.still + 3_000)
    }

    @Test("Time in which nothing was seen does not count as waiting, and a wait has its end")
    func blind() {
        var wait = RepairWait(nil, lastRevocation: 0, now: 0)
        wait.looked(nil, lastRevocation: 0, now: 1_000)
        wait.looked(nil, lastRevocation: 0, now: 12_000)
        #expect(!wait.isOver(RepairTimes.stillOwn, now: 12_000))
        let repair = FoundEpoch(LedgerEpoch(state: .repairing, name: "c.1"), at: 3)
        wait = RepairWait(repair, lastRevocation: 0, now: 0)
        var now: Int64 = 0
        while !wait.isOver(RepairTimes.still, now: now), now < 10 * RepairTimes.longest {
            now += RepairTimes.waitingLook
            wait.looked(repair, lastRevocation: UInt64(now), now: now)
        }
        #expect(now == RepairTimes.longest)
    }
}
