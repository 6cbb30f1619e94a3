import Testing

@testable import JetStreamLedger

@Suite("What is lost is published again, the stream says when it is whole, and repairs do not answer each other for ever")
struct RepairMachineTests {
    private func machine(_ instance: String = "a", under name: String = "x.0") -> RepairMachine {
        var machine = RepairMachine(instance: instance, recordLifetime: 3_600)
        #expect(machine.handle(.started(name: name), now: 0) == [])
        return machine
    }

    private func epoch(_ state: LedgerEpoch.State, _ name: String, at sequence: UInt64) -> RepairEvent {
        .epoch(FoundEpoch(LedgerEpoch(state: state, name: name), at: sequence))
    }

    private func write(_ state: LedgerEpoch.State, _ name: String, over sequence: UInt64) -> RepairAction {
        .writeEpoch(LedgerEpoch(state: state, name: name), expecting: sequence)
    }

    @Test("The first that finds a loss begins an epoch, publishes, and ends it where it began it")
    func first() {
        var machine = machine()
        #expect(machine.handle(.lost(.purged), now: 1) == [.askForEpoch])
        #expect(machine.handle(.epoch(nil), now: 2) == [write(.repairing, "a.1", over: 0)])
        #expect(machine.handle(.written(.stored(sequence: 10)), now: 3) == [.publish(.purged)])
        #expect(machine.nextDeadline() == nil)
        #expect(machine.handle(.published, now: 4) == [write(.whole, "a.1", over: 10)])
        #expect(machine.handle(.written(.stored(sequence: 50)), now: 5) == [])
        #expect(machine.phase == .idle && machine.ours == "a.1")
    }

    @Test("The second publishes under the epoch of the first, and finds its end written already")
    func second() {
        var machine = machine()
        _ = machine.handle(.lost(.purged), now: 1)
        #expect(machine.handle(epoch(.repairing, "b.1", at: 10), now: 2) == [.publish(.purged)])
        #expect(machine.handle(.published, now: 4) == [write(.whole, "b.1", over: 10)])
        #expect(machine.handle(.written(.wrongLastSequence), now: 5) == [.askForEpoch])
        #expect(machine.handle(epoch(.whole, "b.1", at: 30), now: 6) == [])
        #expect(machine.phase == .idle && machine.ours == "b.1")
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
        #expect(machine.phase == .idle)
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
        _ = machine.handle(.epoch(nil), now: 2)
        _ = machine.handle(.written(.stored(sequence: 10)), now: 3)
        var unnoticed = machine
        // Noticed in the middle.
        #expect(machine.handle(.lost(.purged), now: 4) == [.askForEpoch])
        #expect(machine.handle(.published, now: 4) == [])
        #expect(machine.handle(.epoch(nil), now: 5) == [write(.repairing, "a.2", over: 0)])
        #expect(machine.handle(.written(.stored(sequence: 99)), now: 6) == [.publish(.purged)])
        // Not noticed before the end.
        #expect(unnoticed.handle(.published, now: 4) == [write(.whole, "a.1", over: 10)])
        #expect(unnoticed.handle(.written(.wrongLastSequence), now: 5) == [.askForEpoch])
        #expect(unnoticed.handle(.epoch(nil), now: 6) == [write(.repairing, "a.2", over: 0)])
        #expect(unnoticed.handle(.written(.stored(sequence: 99)), now: 7) == [.publish(.purged)])
    }

    @Test("The epoch that a restored copy brings back is not taken for this loss's", arguments: [
        ReplayReason.rolledBack, .recreated, .recordGone,
    ])
    func restored(reason: ReplayReason) {
        var machine = machine()
        _ = machine.handle(.lost(reason), now: 1)
        #expect(machine.handle(epoch(.whole, "w.0", at: 3), now: 2) == [write(.repairing, "a.1", over: 3)])
        // One that was begun since is.
        var other = self.machine()
        _ = other.handle(.lost(reason), now: 1)
        #expect(other.handle(epoch(.repairing, "b.1", at: 3), now: 2) == [.publish(reason)])
    }

    @Test("An answer that is lost, an error, nobody there: asked again after a pause, and an own write is recognized")
    func trouble() {
        var machine = machine()
        _ = machine.handle(.lost(.purged), now: 0)
        _ = machine.handle(.epoch(nil), now: 0)
        var now = machine.nextDeadline() ?? .max
        #expect(machine.handle(.tick, now: now) == [])
        now = machine.nextDeadline() ?? .max
        #expect(machine.handle(.tick, now: now) == [.askForEpoch])
        // It was stored.
        #expect(machine.handle(epoch(.repairing, "a.1", at: 10), now: now) == [.publish(.purged)])
        #expect(machine.handle(.published, now: now) == [write(.whole, "a.1", over: 10)])
        #expect(machine.handle(.written(.unreached("x")), now: now) == [])
        now = machine.nextDeadline() ?? .max
        #expect(machine.handle(.tick, now: now) == [.askForEpoch])
        #expect(machine.handle(.failed, now: now) == [])
        now = machine.nextDeadline() ?? .max
        #expect(machine.handle(.tick, now: now) == [.askForEpoch])
        #expect(machine.handle(epoch(.repairing, "a.1", at: 10), now: now) == [write(.whole, "a.1", over: 10)])
        #expect(machine.handle(.written(.stored(sequence: 12)), now: now) == [])
        #expect(machine.ours == "a.1")
    }

    @Test("It is looked at all the time; before the stream may drop it for its age it is written again")
    func renewal() {
        var machine = machine()
        var now: Int64 = 0
        var writes: [Int64] = []
        while now < 2_000_000 {
            now = machine.nextDeadline() ?? .max
            #expect(machine.handle(.tick, now: now) == [.askForEpoch])
            let actions = machine.handle(epoch(.whole, "x.0", at: 7), now: now)
            guard !actions.isEmpty else { continue }
            #expect(actions == [write(.whole, "x.0", over: 7)])
            #expect(machine.handle(.written(.stored(sequence: 80)), now: now) == [])
            writes.append(now)
        }
        // At once, for nobody knows how old it is, and after each quarter of the hour that a record is kept.
        #expect(writes == [2_000, 902_000, 1_802_000] && machine.ours == "x.0")
    }

    @Test("Who was never current has nothing to say of a loss, and ends nobody's repair")
    func ignorant() {
        var machine = RepairMachine(instance: "a", recordLifetime: 3_600)
        #expect(machine.handle(.lost(.recreated), now: 1) == [] && machine.nextDeadline() == nil)
        _ = machine.handle(.started(name: "x.0"), now: 2)
        #expect(machine.handle(.lost(.purged), now: 3) == [.askForEpoch])
    }

    @Test("An epoch that is gone, or another's, is a loss that this replica has not noticed by itself")
    func unnoticed() {
        var machine = machine()
        let due = machine.nextDeadline() ?? 0
        #expect(due == RepairTimes.look)
        #expect(machine.handle(.tick, now: due - 1) == [])
        #expect(machine.handle(.tick, now: due) == [.askForEpoch])
        var other = machine
        var unended = machine
        #expect(unended.handle(epoch(.repairing, "x.0", at: 5), now: due) == [write(.whole, "x.0", over: 5)])
        #expect(machine.handle(.epoch(nil), now: due) == [write(.repairing, "a.1", over: 0)])
        #expect(machine.handle(.written(.stored(sequence: 81)), now: due) == [.publish(.purged)])
        #expect(other.handle(epoch(.whole, "b.1", at: 90), now: due) == [.publish(.overtaken)])
        #expect(other.handle(.published, now: due) == [write(.whole, "b.1", over: 90)])
        #expect(other.handle(.written(.stored(sequence: 95)), now: due) == [])
        #expect(other.ours == "b.1" && other.nextDeadline() == due + RepairTimes.look)
    }
}
