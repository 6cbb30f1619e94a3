import Blacklist
import TestSupport
import Testing

@testable import JetStreamLedger

@Suite("A replica that answers knows every revocation that is older than its bound")
struct FollowMachineTests {
    @Test("Appends, purges, recreations, restored copies, lost deliveries, cuts: 100 histories")
    func simulation() {
        var replays = 0
        var checks = 0
        let first = UInt64.random(in: .min ... .max)
        for offset in UInt64(0)..<100 {
            let seed = first &+ offset
            var simulation = FollowSimulation(seed: seed)
            simulation.run(steps: 3_000)
            #expect(simulation.violations.isEmpty, "seed \(seed): \(simulation.violations.first ?? "")")
            replays += simulation.replays
            checks += simulation.currentChecks
        }
        #expect(replays > 30 && checks > 30_000, "\(replays) replays, \(checks) checks")
    }

    @Test("Planted faults are found", arguments: FollowSimulation.Fault.allCases)
    func canaries(fault: FollowSimulation.Fault) {
        let found = (UInt64(0)..<100).contains { seed in
            var simulation = FollowSimulation(seed: seed, fault: fault)
            simulation.run(steps: 3_000)
            return !simulation.violations.isEmpty
        }
        #expect(found)
    }

    typealias Position = FollowMachine.Position

    private let state = StreamState(created: "then", lastSequence: 10)
    private let last = Position(sequence: 10, time: 10)
    /// The first one that was delivered.
    private let first = Position(sequence: 9, time: 9)

    private func id(_ seed: UInt64) -> UUIDv7 {
        var random = SeededGenerator(seed: seed)
        return UUIDv7(unixMilliseconds: 1, using: &random)
    }

    private func delivery(
        _ sequence: UInt64, count: UInt64, consumer: UInt64 = 1, pending: UInt64 = 0
    ) -> FollowEvent {
        .delivered(
            Delivery(
                consumer: consumer, consumerSequence: count, streamSequence: sequence, time: sequence, pending: pending),
            id: id(sequence))
    }

    private func beat(_ count: UInt64, consumer: UInt64 = 1) -> FollowEvent {
        .heartbeat(number: consumer, lastConsumerSequence: count, lastStreamSequence: 0)
    }

    /// Connected, replayed, following: consumer 1 has delivered records 9 and 10.
    private func following() -> FollowMachine {
        var machine = FollowMachine()
        #expect(machine.handle(.connected, now: 0) == [.askForStream])
        #expect(machine.handle(.stream(state), now: 1) == [.askForLastRevocation])
        #expect(machine.handle(.lastRevocation(last), now: 2) == [.createConsumer(number: 1, afterSequence: nil)])
        #expect(machine.handle(.consumerCreated, now: 3) == [])
        #expect(!machine.isCurrent(at: 3))
        #expect(machine.handle(delivery(9, count: 1), now: 3) == [.apply])
        #expect(!machine.isCurrent(at: 3) && machine.currentUntil == nil)
        #expect(machine.handle(delivery(10, count: 2), now: 4) == [.apply])
        return machine
    }

    /// The next look's first question, with heartbeats on the way to it.
    private func look(_ machine: inout FollowMachine, beats: UInt64 = 2) -> Int64 {
        var now = machine.nextLook
        _ = machine.handle(beat(beats), now: now - 1)
        #expect(machine.handle(.tick, now: now - 1) == [])
        now = machine.nextLook
        #expect(machine.handle(.tick, now: now) == [.askForStream])
        return now
    }

    @Test("Not current before the end of the replay, current after it, and no longer when nothing is proven")
    func current() {
        let machine = following()
        // What is known is as old as the question.
        #expect(machine.isCurrent(at: 4) && machine.isCurrent(at: FollowTimes.maxStaleness))
        #expect(machine.currentUntil == FollowTimes.maxStaleness)
        #expect(!machine.isCurrent(at: 1 + FollowTimes.maxStaleness))
    }

    @Test("An empty stream is replayed at once")
    func empty() {
        var machine = FollowMachine()
        _ = machine.handle(.connected, now: 0)
        _ = machine.handle(.stream(StreamState(created: "now", lastSequence: 0)), now: 1)
        #expect(machine.handle(.lastRevocation(nil), now: 2) == [.createConsumer(number: 1, afterSequence: nil)])
        #expect(machine.isCurrent(at: 2))
    }

    @Test("Heartbeats alone prove nothing: a consumer on a server that is cut off goes on beating")
    func heartbeats() {
        var machine = following()
        for now in stride(from: Int64(1_000), through: 30_000, by: 500) {
            _ = machine.handle(beat(2), now: now)
            _ = machine.handle(.tick, now: now)
        }
        #expect(machine.phase == .following && !machine.isCurrent(at: 15_001))
    }

    @Test("A leader that has not heard of a majority for long proves only what was true then")
    func loneLeader() {
        var machine = following()
        let now = look(&machine)
        var alone = state
        alone.quorumAge = 12_000
        _ = machine.handle(.stream(alone), now: now + 1)
        _ = machine.handle(.lastRevocation(last), now: now + 1)
        _ = machine.handle(.anchor(first), now: now + 1)
        #expect(machine.currentUntil == FollowTimes.maxStaleness)
    }

    @Test("A revocation that the consumer has not brought yet delays the proof, and a stalled consumer is made anew")
    func target() {
        var machine = following()
        let now = look(&machine)
        let more = StreamState(created: "then", lastSequence: 12)
        #expect(machine.handle(.stream(more), now: now) == [.askForLastRevocation])
        #expect(machine.handle(.lastRevocation(Position(sequence: 11, time: 11)), now: now) == [.askForAnchor(id: id(9))])
        #expect(machine.handle(.anchor(first), now: now) == [])
        #expect(machine.currentUntil == FollowTimes.maxStaleness)
        var reached = machine
        #expect(reached.handle(delivery(11, count: 3), now: now + 100) == [.apply])
        #expect(reached.currentUntil == now + FollowTimes.maxStaleness)

        for beat in stride(from: now + 1_000, to: now + FollowTimes.stall, by: 1_000) {
            _ = machine.handle(self.beat(2), now: beat)
            #expect(machine.handle(.tick, now: beat) == [])
        }
        #expect(machine.handle(.tick, now: now + FollowTimes.stall) == [.askForStream])
        #expect(machine.phase == .locating)
    }

    @Test("A gap in the consumer's count, or a heartbeat that counts more, starts it again after the last applied one")
    func gaps() {
        var machine = following()
        let skipped = delivery(12, count: 4)
        #expect(machine.handle(skipped, now: 4) == [.askForStream])
        #expect(machine.handle(.stream(StreamState(created: "then", lastSequence: 12)), now: 5) == [.askForLastRevocation])
        #expect(machine.handle(.lastRevocation(Position(sequence: 12, time: 12)), now: 5) == [.askForRecord(sequence: 10)])
        #expect(machine.handle(.record(last), now: 6) == [.askForAnchor(id: id(9))])
        #expect(
            machine.handle(.anchor(first), now: 6)
                == [.deleteConsumer(number: 1), .createConsumer(number: 2, afterSequence: 10)])
        // What the old consumer still sends is not taken; what the new one sends is, before its creation is answered too.
        #expect(machine.handle(skipped, now: 7) == [])
        #expect(machine.handle(delivery(11, count: 1, consumer: 2), now: 7) == [.apply])

        machine = following()
        #expect(machine.handle(beat(3), now: 4) == [.askForStream])
    }

    @Test("A connection that moves to another server asks, and goes on where it stopped, current all the while")
    func moved() {
        var machine = following()
        #expect(machine.handle(.connected, now: 500) == [.askForStream])
        #expect(machine.isCurrent(at: 500))
        _ = machine.handle(.stream(state), now: 501)
        #expect(machine.handle(.lastRevocation(last), now: 502) == [.askForRecord(sequence: 10)])
        #expect(machine.handle(.record(last), now: 503) == [.askForAnchor(id: id(9))])
        #expect(
            machine.handle(.anchor(first), now: 504)
                == [.deleteConsumer(number: 1), .createConsumer(number: 2, afterSequence: 10)])
        #expect(machine.currentUntil == 500 + FollowTimes.maxStaleness)
    }

    @Test("Created anew: everything is replayed and published again, and nothing is answered until then")
    func recreated() {
        var machine = following()
        _ = machine.handle(.disconnected, now: 4)
        _ = machine.handle(.connected, now: 5)
        #expect(
            machine.handle(.stream(StreamState(created: "now", lastSequence: 50)), now: 6)
                == [.republish(.recreated), .askForLastRevocation])
        #expect(!machine.isCurrent(at: 6))
        #expect(
            machine.handle(.lastRevocation(Position(sequence: 50, time: 50)), now: 7)
                == [.deleteConsumer(number: 1), .createConsumer(number: 2, afterSequence: nil)])
    }

    @Test("Shorter than what was seen of it: looked at again, then replayed and published again")
    func shorter() {
        var machine = following()
        _ = machine.handle(.disconnected, now: 4)
        _ = machine.handle(.connected, now: 5)
        let short = StreamState(created: "then", lastSequence: 9)
        #expect(machine.handle(.stream(short), now: 6) == [])
        #expect(machine.handle(.tick, now: 6 + FollowTimes.doubt) == [.askForStream])
        #expect(machine.handle(.stream(short), now: 2_000) == [.republish(.rolledBack), .askForLastRevocation])
    }

    @Test("What was stored while the question was on its way is not held against the answer")
    func overtaken() {
        var machine = following()
        let now = look(&machine)
        _ = machine.handle(.stored(sequence: 12), now: now)
        _ = machine.handle(delivery(12, count: 3), now: now)
        #expect(machine.handle(.stream(state), now: now + 1) == [.askForLastRevocation])
        #expect(machine.handle(.lastRevocation(last), now: now + 1) == [.askForAnchor(id: id(9))])
    }

    @Test("Restored from a copy and grown past the old end: found by the record at the place where it stopped")
    func regrown() {
        var machine = following()
        _ = machine.handle(.disconnected, now: 4)
        _ = machine.handle(.connected, now: 5)
        _ = machine.handle(.stream(StreamState(created: "then", lastSequence: 60)), now: 6)
        _ = machine.handle(.lastRevocation(Position(sequence: 60, time: 60)), now: 6)
        #expect(
            machine.handle(.record(Position(sequence: 10, time: 11)), now: 7)
                == [
                    .republish(.rolledBack), .deleteConsumer(number: 1),
                    .createConsumer(number: 2, afterSequence: nil),
                ])
    }

    @Test("A purge is found by the last revocation that is gone, seen twice; the consumer goes on")
    func purge() {
        var machine = following()
        for round in 0..<2 {
            let now = look(&machine)
            #expect(machine.handle(.stream(state), now: now) == [.askForLastRevocation])
            #expect(machine.handle(.lastRevocation(nil), now: now) == (round == 0 ? [] : [.republish(.purged)]))
        }
        #expect(machine.phase == .following && machine.applied == nil)
    }

    @Test("A purge with a revocation after it is found by the anchor that is gone, or whose place all is behind")
    func purgeAndMore() {
        for found in [nil, Position(sequence: 13, time: 13)] {
            var machine = following()
            var now = look(&machine)
            _ = machine.handle(.stream(state), now: now)
            _ = machine.handle(.lastRevocation(last), now: now)
            _ = machine.handle(.anchor(first), now: now)
            _ = machine.handle(delivery(12, count: 3), now: now)
            let purged = StreamState(created: "then", lastSequence: 13, firstSequence: 12)
            for round in 0..<2 {
                now = look(&machine, beats: 3)
                _ = machine.handle(.stream(purged), now: now)
                #expect(
                    machine.handle(.lastRevocation(Position(sequence: 12, time: 12)), now: now)
                        == [.askForAnchor(id: id(10))])
                #expect(machine.handle(.anchor(found), now: now) == (round == 0 ? [] : [.republish(.purged)]))
            }
            #expect(machine.applied?.sequence == 12)
        }
    }

    @Test("An anchor that was revoked once more is no purge")
    func anchorAgain() {
        var machine = following()
        let now = look(&machine)
        _ = machine.handle(.stream(StreamState(created: "then", lastSequence: 13, firstSequence: 3)), now: now)
        _ = machine.handle(.lastRevocation(last), now: now)
        _ = machine.handle(.anchor(Position(sequence: 13, time: 13)), now: now)
        #expect(machine.doubt == nil && machine.currentUntil == now + FollowTimes.maxStaleness)
    }

    @Test("What was revoked once more while the consumer was on its way is not taken for known")
    func movedMeanwhile() {
        var machine = FollowMachine()
        _ = machine.handle(.connected, now: 0)
        _ = machine.handle(.stream(state), now: 1)
        _ = machine.handle(.lastRevocation(last), now: 2)
        _ = machine.handle(.consumerCreated, now: 3)
        // Record 9 has become record 11 meanwhile: one more is to come.
        _ = machine.handle(delivery(10, count: 1, pending: 1), now: 4)
        #expect(!machine.isCurrent(at: 4) && machine.nextDeadline() == 4)
        #expect(machine.handle(.tick, now: 4) == [.askForStream])
        let more = StreamState(created: "then", lastSequence: 11)
        _ = machine.handle(.stream(more), now: 5)
        _ = machine.handle(.lastRevocation(Position(sequence: 11, time: 11)), now: 6)
        _ = machine.handle(.anchor(last), now: 6)
        #expect(!machine.isCurrent(at: 6))
        _ = machine.handle(delivery(11, count: 2), now: 7)
        #expect(machine.currentUntil == 4 + FollowTimes.maxStaleness)
    }

    @Test("Under a load in which there is always more to come, two looks that are reached prove what the first one asked")
    func neverDrained() {
        var machine = following()
        var sequence: UInt64 = 10
        for round in 0..<3 {
            let now = look(&machine, beats: sequence - 8)
            sequence += 1
            _ = machine.handle(.stream(StreamState(created: "then", lastSequence: sequence)), now: now)
            let anchor = machine.anchor
            _ = machine.handle(.lastRevocation(Position(sequence: sequence, time: sequence)), now: now)
            _ = machine.handle(.anchor(anchor?.position), now: now)
            _ = machine.handle(delivery(sequence, count: sequence - 8, pending: 5), now: now)
            #expect((machine.provenAt ?? 0 > 0) == (round > 0))
        }
    }

    @Test("A revocation of one's own that was stored and then purged, before anything was delivered, is missed")
    func ownPurged() {
        var machine = FollowMachine()
        _ = machine.handle(.connected, now: 0)
        _ = machine.handle(.stream(StreamState(created: "then", lastSequence: 0)), now: 1)
        _ = machine.handle(.lastRevocation(nil), now: 2)
        _ = machine.handle(.consumerCreated, now: 3)
        _ = machine.handle(.revoked(sequence: 1, id: id(1)), now: 4)
        for round in 0..<2 {
            let now = look(&machine, beats: 0)
            _ = machine.handle(.stream(StreamState(created: "then", lastSequence: 1, firstSequence: 2)), now: now)
            #expect(machine.handle(.lastRevocation(nil), now: now) == (round == 0 ? [] : [.republish(.purged)]))
        }
    }

    @Test("After a move to another server the anchor is looked at too: a purge may lie behind the place")
    func movedAfterPurge() {
        var machine = following()
        _ = machine.handle(.connected, now: 500)
        _ = machine.handle(.stream(state), now: 501)
        _ = machine.handle(.lastRevocation(last), now: 502)
        _ = machine.handle(.record(last), now: 503)
        #expect(machine.handle(.anchor(nil), now: 504) == [])
        _ = machine.handle(.tick, now: 504 + FollowTimes.doubt)
        _ = machine.handle(.stream(state), now: 1_505)
        _ = machine.handle(.lastRevocation(last), now: 1_506)
        _ = machine.handle(.record(last), now: 1_507)
        #expect(
            machine.handle(.anchor(nil), now: 1_508)
                == [
                    .republish(.purged), .deleteConsumer(number: 1),
                    .createConsumer(number: 2, afterSequence: 10),
                ])
    }

    @Test("A record that was dropped for its age is no purge")
    func expired() {
        var machine = following()
        let now = look(&machine)
        _ = machine.handle(.stream(StreamState(created: "then", lastSequence: 10, keptSince: 11)), now: now)
        #expect(machine.handle(.lastRevocation(nil), now: now) == [])
        #expect(machine.doubt == nil && machine.currentUntil == now + FollowTimes.maxStaleness)
    }

    @Test("After a silence in which another leader could have been elected, one look is not believed")
    func silence() {
        var machine = following()
        _ = machine.handle(.disconnected, now: 5)
        _ = machine.handle(.connected, now: 20_000)
        _ = machine.handle(.stream(state), now: 20_001)
        _ = machine.handle(.lastRevocation(last), now: 20_002)
        _ = machine.handle(.record(last), now: 20_003)
        _ = machine.handle(.anchor(first), now: 20_003)
        _ = machine.handle(.consumerCreated, now: 20_004)
        #expect(!machine.isCurrent(at: 20_004))
        #expect(machine.handle(.tick, now: 21_000) == [.askForStream])
        _ = machine.handle(.stream(state), now: 21_001)
        _ = machine.handle(.lastRevocation(last), now: 21_001)
        _ = machine.handle(.anchor(last), now: 21_001)
        #expect(machine.currentUntil == 21_000 + FollowTimes.maxStaleness)
    }

    @Test("A stream that is gone is asked for to be made, and then followed from its beginning")
    func missing() {
        var machine = following()
        _ = look(&machine)
        #expect(machine.handle(.streamMissing, now: 5_000) == [.checkStream])
        #expect(machine.handle(.streamMissing, now: 5_001) == [] && machine.nextDeadline() == nil)
        #expect(machine.handle(.streamReady, now: 6_000) == [.askForStream])
        #expect(
            machine.handle(.stream(StreamState(created: "now", lastSequence: 1)), now: 6_001)
                == [.republish(.recreated), .askForLastRevocation])
    }
}
