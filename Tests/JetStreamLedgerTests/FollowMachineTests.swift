import Blacklist
import TestSupport
import Testing

@testable import JetStreamLedger

@Suite("A replica that answers knows every revocation that is older than its bound: step by step")
struct FollowMachineTests {
    typealias Position = FollowMachine.Position

    private let state = StreamState(created: "then", lastSequence: 11)
    private let last = Position(sequence: 10, time: 10)
    /// The first one that was delivered.
    private let first = Position(sequence: 9, time: 9)

    private func id(_ seed: UInt64) -> UUIDv7 {
        var random = SeededGenerator(seed: seed)
        return UUIDv7(unixMilliseconds: 1, using: &random)
    }

    private func delivery(
        _ sequence: UInt64, count: UInt64, consumer: UInt64 = 1, pending: UInt64 = 0, isFence: Bool = false
    ) -> FollowEvent {
        .delivered(
            Delivery(
                consumer: consumer, consumerSequence: count, streamSequence: sequence, time: sequence, pending: pending),
            id: isFence ? nil : id(sequence))
    }

    private func beat(_ count: UInt64, consumer: UInt64 = 1) -> FollowEvent {
        .heartbeat(number: consumer, lastConsumerSequence: count, lastStreamSequence: 0)
    }

    /// Connected, replayed, following: consumer 1 has delivered records 9 and 10, and the fence at 11. Time is 7.
    private func following() -> FollowMachine {
        var machine = FollowMachine()
        let before = StreamState(created: "then", lastSequence: 10)
        #expect(machine.handle(.connected, now: 0) == [.askForStream])
        #expect(machine.handle(.stream(before), now: 1) == [.createConsumer(number: 1, afterSequence: nil)])
        #expect(machine.handle(delivery(9, count: 1, pending: 1), now: 2) == [.apply])
        #expect(machine.handle(.consumerCreated, now: 3) == [.askForStream])
        #expect(machine.handle(.stream(before), now: 4) == [.askForAnchor(id: id(9))])
        #expect(machine.handle(.anchor(first), now: 5) == [.writeFence])
        #expect(machine.handle(.fenceWritten(.stored(sequence: 11)), now: 6) == [])
        #expect(machine.handle(delivery(10, count: 2, pending: 1), now: 7) == [.apply])
        #expect(!machine.isCurrent(at: 7) && machine.currentUntil == nil)
        #expect(machine.handle(delivery(11, count: 3, isFence: true), now: 7) == [.apply])
        return machine
    }

    /// When the fence of `following` was sent.
    private let provenAt: Int64 = 5

    /// The next look's first question, with heartbeats on the way to it.
    private func look(_ machine: inout FollowMachine, beats: UInt64 = 3) -> Int64 {
        var now = machine.nextLook
        _ = machine.handle(beat(beats), now: now - 1)
        now = machine.nextLook
        #expect(machine.handle(.tick, now: now) == [.askForStream])
        return now
    }

    @Test("Not current before the end of the replay, current after it, and no longer when nothing is proven")
    func current() {
        let machine = following()
        // What is known is as old as the fence.
        #expect(machine.currentUntil == provenAt + FollowTimes.maxStaleness)
        #expect(machine.isCurrent(at: provenAt + FollowTimes.maxStaleness))
        #expect(!machine.isCurrent(at: provenAt + 1 + FollowTimes.maxStaleness))
        // The place is the last revocation, not the fence, which the next one takes the place of.
        #expect(machine.applied?.position == last)
    }

    @Test("Where nothing was stored since, the leader's word is enough, as of when it heard of a majority")
    func unchanged() {
        var machine = following()
        let now = look(&machine)
        var aged = state
        aged.quorumAge = 1_500
        #expect(machine.handle(.stream(aged), now: now + 1) == [.askForAnchor(id: id(9))])
        #expect(machine.handle(.anchor(first), now: now + 2) == [])
        #expect(machine.currentUntil == now - 1_500 + FollowTimes.maxStaleness)
    }

    @Test("An empty stream is replayed at once")
    func empty() {
        var machine = FollowMachine()
        let empty = StreamState(created: "now", lastSequence: 0)
        _ = machine.handle(.connected, now: 0)
        #expect(machine.handle(.stream(empty), now: 1) == [.createConsumer(number: 1, afterSequence: nil)])
        #expect(machine.handle(.consumerCreated, now: 2) == [.askForStream])
        #expect(machine.handle(.stream(empty), now: 3) == [])
        #expect(machine.isCurrent(at: 3))
    }

    @Test("Heartbeats alone prove nothing: a consumer on a server that is cut off goes on beating")
    func heartbeats() {
        var machine = following()
        for now in stride(from: Int64(1_000), through: 30_000, by: 500) {
            _ = machine.handle(beat(3), now: now)
            _ = machine.handle(.tick, now: now)
        }
        #expect(machine.phase == .following && !machine.isCurrent(at: provenAt + 15_001))
    }

    @Test("A leader that has not heard of a majority for long proves only what was true then")
    func loneLeader() {
        var machine = following()
        let now = look(&machine)
        var alone = state
        alone.quorumAge = 12_000
        _ = machine.handle(.stream(alone), now: now + 1)
        _ = machine.handle(.anchor(first), now: now + 1)
        #expect(machine.currentUntil == provenAt + FollowTimes.maxStaleness)
    }

    @Test("A fence that the consumer has not brought yet delays the proof, and a stalled consumer is made anew")
    func target() {
        var machine = following()
        let now = look(&machine)
        _ = machine.handle(.stream(StreamState(created: "then", lastSequence: 12)), now: now)
        #expect(machine.handle(.anchor(first), now: now + 1) == [.writeFence])
        #expect(machine.handle(.fenceWritten(.stored(sequence: 13)), now: now + 2) == [])
        #expect(machine.currentUntil == provenAt + FollowTimes.maxStaleness)
        // Another replica's fence has taken its place, and does as well.
        var reached = machine
        #expect(reached.handle(delivery(14, count: 4, isFence: true), now: now + 100) == [.apply])
        #expect(reached.currentUntil == now + 1 + FollowTimes.maxStaleness)

        for beat in stride(from: now + 1_000, to: now + FollowTimes.stall, by: 1_000) {
            _ = machine.handle(self.beat(3), now: beat)
            #expect(machine.handle(.tick, now: beat) == [])
        }
        #expect(machine.handle(.tick, now: now + 2 + FollowTimes.stall) == [.askForStream])
        #expect(machine.phase == .locating)
    }

    @Test("A fence that overtakes its acknowledgement counts; one that was not stored proves nothing and is tried again")
    func fences() {
        var machine = following()
        let now = look(&machine)
        _ = machine.handle(.stream(StreamState(created: "then", lastSequence: 12)), now: now)
        _ = machine.handle(.anchor(first), now: now)
        var overtaken = machine
        _ = overtaken.handle(delivery(13, count: 4, isFence: true), now: now + 1)
        _ = overtaken.handle(.fenceWritten(.stored(sequence: 13)), now: now + 2)
        #expect(overtaken.currentUntil == now + FollowTimes.maxStaleness)

        _ = machine.handle(.fenceWritten(.unknown("x")), now: now + 1)
        #expect(machine.currentUntil == provenAt + FollowTimes.maxStaleness)
        #expect(machine.handle(.tick, now: now + 1 + FollowTimes.pause) == [.askForStream])
    }

    @Test("A gap in the consumer's count, or a heartbeat that counts more, starts it again after the last applied one")
    func gaps() {
        var machine = following()
        let skipped = delivery(13, count: 5)
        #expect(machine.handle(skipped, now: 8) == [.askForStream])
        #expect(machine.handle(.stream(StreamState(created: "then", lastSequence: 13)), now: 9) == [.askForRecord(sequence: 10)])
        #expect(machine.handle(.record(last), now: 9) == [.askForAnchor(id: id(9))])
        #expect(
            machine.handle(.anchor(first), now: 9)
                == [.deleteConsumer(number: 1), .createConsumer(number: 2, afterSequence: 10)])
        // What the old consumer still sends is not taken; what the new one sends is, before its creation is answered too.
        #expect(machine.handle(skipped, now: 10) == [])
        #expect(machine.handle(delivery(12, count: 1, consumer: 2), now: 10) == [.apply])

        machine = following()
        #expect(machine.handle(beat(4), now: 8) == [.askForStream])
    }

    @Test("A connection that moves to another server asks, and goes on where it stopped, current all the while")
    func moved() {
        var machine = following()
        #expect(machine.handle(.connected, now: 500) == [.askForStream])
        _ = machine.handle(.stream(state), now: 501)
        _ = machine.handle(.record(last), now: 502)
        #expect(
            machine.handle(.anchor(first), now: 503)
                == [.deleteConsumer(number: 1), .createConsumer(number: 2, afterSequence: 10)])
        #expect(machine.handle(.consumerCreated, now: 504) == [.askForStream])
        #expect(machine.currentUntil == provenAt + FollowTimes.maxStaleness)
    }

    @Test("Created anew: everything is replayed and published again, and nothing is answered until then")
    func recreated() {
        var machine = following()
        _ = machine.handle(.disconnected, now: 8)
        _ = machine.handle(.connected, now: 9)
        #expect(
            machine.handle(.stream(StreamState(created: "now", lastSequence: 50)), now: 10)
                == [
                    .republish(.recreated), .deleteConsumer(number: 1), .createConsumer(number: 2, afterSequence: nil),
                ])
        #expect(!machine.isCurrent(at: 10))
    }

    @Test("Shorter than what was seen of it: looked at again, then replayed and published again")
    func shorter() {
        var machine = following()
        _ = machine.handle(.disconnected, now: 8)
        _ = machine.handle(.connected, now: 9)
        let short = StreamState(created: "then", lastSequence: 10)
        #expect(machine.handle(.stream(short), now: 10) == [])
        #expect(machine.handle(.tick, now: 10 + FollowTimes.doubt) == [.askForStream])
        #expect(
            machine.handle(.stream(short), now: 2_000)
                == [
                    .republish(.rolledBack), .deleteConsumer(number: 1), .createConsumer(number: 2, afterSequence: nil),
                ])
    }

    @Test("What was stored while the question was on its way is not held against the answer")
    func overtaken() {
        var machine = following()
        let now = look(&machine)
        _ = machine.handle(.stored(sequence: 13), now: now)
        _ = machine.handle(delivery(13, count: 4), now: now)
        #expect(machine.handle(.stream(state), now: now + 1) == [.askForAnchor(id: id(9))])
    }

    @Test("Restored from a copy and grown past the old end: found by the record at the place where it stopped")
    func regrown() {
        var machine = following()
        _ = machine.handle(.disconnected, now: 8)
        _ = machine.handle(.connected, now: 9)
        _ = machine.handle(.stream(StreamState(created: "then", lastSequence: 60)), now: 10)
        #expect(
            machine.handle(.record(Position(sequence: 10, time: 11)), now: 11)
                == [
                    .republish(.rolledBack), .deleteConsumer(number: 1),
                    .createConsumer(number: 2, afterSequence: nil),
                ])
    }

    @Test("Grown again to the very length, behind the place: what was a fence there proves nothing any more")
    func regrownBehind() {
        var machine = following()
        _ = machine.handle(.connected, now: 500)
        _ = machine.handle(.stream(state), now: 501)
        _ = machine.handle(.record(last), now: 502)
        _ = machine.handle(.anchor(first), now: 503)
        _ = machine.handle(.consumerCreated, now: 504)
        _ = machine.handle(.stream(state), now: 505)
        #expect(machine.handle(.anchor(last), now: 506) == [.writeFence])
    }

    @Test("A purge is found by the anchor that is gone, seen twice, or behind which all is gone; the consumer goes on")
    func purge() {
        let moved = Position(sequence: 13, time: 13)
        for (found, reason) in [(nil, ReplayReason.purged), (moved, .overtaken)] {
            var machine = following()
            let purged = StreamState(created: "then", lastSequence: 13, firstSequence: 12)
            for round in 0..<2 {
                let now = look(&machine)
                #expect(machine.handle(.stream(purged), now: now) == [.askForAnchor(id: id(9))])
                #expect(
                    machine.handle(.anchor(found), now: now) == (round == 0 ? [] : [.republish(reason), .writeFence]))
            }
            #expect(machine.phase == .following && machine.applied == nil)
        }
    }

    @Test("An anchor that was revoked once more is no purge")
    func anchorAgain() {
        var machine = following()
        let now = look(&machine)
        _ = machine.handle(.stream(StreamState(created: "then", lastSequence: 13, firstSequence: 3)), now: now)
        #expect(machine.handle(.anchor(Position(sequence: 13, time: 13)), now: now) == [.writeFence])
        #expect(machine.doubt == nil)
    }

    @Test("The next anchor is what was applied when the look began: what comes in later may lie behind a purge")
    func nextAnchor() {
        var machine = following()
        let now = look(&machine)
        _ = machine.handle(.stream(state), now: now)
        _ = machine.handle(delivery(12, count: 4), now: now)
        _ = machine.handle(.anchor(first), now: now)
        #expect(machine.anchor?.position == last)
    }

    @Test("What was revoked once more while the consumer was on its way is not taken for known")
    func movedMeanwhile() {
        var machine = following()
        let now = look(&machine)
        _ = machine.handle(.stream(StreamState(created: "then", lastSequence: 12)), now: now)
        _ = machine.handle(.anchor(first), now: now)
        _ = machine.handle(.fenceWritten(.stored(sequence: 13)), now: now)
        // Record 12 has become record 14 meanwhile: one more is to come.
        _ = machine.handle(delivery(13, count: 4, pending: 1, isFence: true), now: now + 1)
        #expect(machine.currentUntil == provenAt + FollowTimes.maxStaleness)
        let again = machine.nextLook
        #expect(machine.handle(.tick, now: again) == [.askForStream])
        _ = machine.handle(.stream(StreamState(created: "then", lastSequence: 14)), now: again)
        _ = machine.handle(.anchor(last), now: again)
        _ = machine.handle(.fenceWritten(.stored(sequence: 15)), now: again)
        _ = machine.handle(delivery(14, count: 5, pending: 1), now: again)
        #expect(machine.currentUntil == provenAt + FollowTimes.maxStaleness)
        _ = machine.handle(delivery(15, count: 6, isFence: true), now: again)
        #expect(machine.currentUntil == again + FollowTimes.maxStaleness)
    }

    @Test("Under a load in which there is always more to come, two fences prove what the first one asked")
    func neverDrained() {
        var machine = following()
        var sequence: UInt64 = 11
        var sent: Int64?
        for _ in 0..<3 {
            let now = look(&machine, beats: sequence - 8)
            sequence += 1
            _ = machine.handle(.stream(StreamState(created: "then", lastSequence: sequence)), now: now)
            _ = machine.handle(.anchor(machine.anchor?.position), now: now)
            _ = machine.handle(.fenceWritten(.stored(sequence: sequence)), now: now)
            _ = machine.handle(delivery(sequence, count: sequence - 8, pending: 5, isFence: true), now: now)
            #expect(machine.provenAt == sent ?? provenAt)
            sent = now
        }
    }

    @Test("A revocation of one's own that was stored and then purged, before anything was delivered, is missed")
    func ownPurged() {
        var machine = FollowMachine()
        let purged = StreamState(created: "then", lastSequence: 1, firstSequence: 2)
        _ = machine.handle(.connected, now: 0)
        _ = machine.handle(.stream(StreamState(created: "then", lastSequence: 0)), now: 1)
        _ = machine.handle(.consumerCreated, now: 3)
        _ = machine.handle(.stream(StreamState(created: "then", lastSequence: 0)), now: 4)
        _ = machine.handle(.revoked(sequence: 1, id: id(1)), now: 5)
        var now = look(&machine, beats: 0)
        #expect(machine.handle(.stream(purged), now: now) == [.writeFence])
        _ = machine.handle(.fenceWritten(.stored(sequence: 2)), now: now)
        _ = machine.handle(delivery(2, count: 1, isFence: true), now: now)
        for round in 0..<2 {
            now = look(&machine, beats: 1)
            #expect(machine.handle(.stream(purged.grown(to: 2)), now: now) == [.askForAnchor(id: id(1))])
            #expect(machine.handle(.anchor(nil), now: now) == (round == 0 ? [] : [.republish(.purged)]))
        }
    }

    @Test("After a move to another server the anchor is looked at too: a purge may lie behind the place")
    func movedAfterPurge() {
        var machine = following()
        for now in [Int64(500), 1_504] {
            _ = machine.handle(now == 500 ? .connected : .tick, now: now)
            _ = machine.handle(.stream(state), now: now)
            _ = machine.handle(.record(last), now: now)
            #expect(
                machine.handle(.anchor(nil), now: now)
                    == (now == 500
                        ? []
                        : [
                            .republish(.purged), .deleteConsumer(number: 1),
                            .createConsumer(number: 2, afterSequence: 10),
                        ]))
        }
    }

    @Test("A record that was dropped for its age is no purge")
    func expired() {
        var machine = following()
        let now = look(&machine)
        _ = machine.handle(.stream(StreamState(created: "then", lastSequence: 11, keptSince: 11)), now: now)
        #expect(machine.handle(.anchor(nil), now: now) == [])
        #expect(machine.doubt == nil && machine.currentUntil == now + FollowTimes.maxStaleness)
    }

    @Test("After a silence in which another leader could have been elected, only a write is believed")
    func silence() {
        var machine = following()
        _ = machine.handle(.disconnected, now: 8)
        _ = machine.handle(.connected, now: 20_000)
        _ = machine.handle(.stream(StreamState(created: "then", lastSequence: 11)), now: 20_001)
        _ = machine.handle(.record(last), now: 20_002)
        _ = machine.handle(.anchor(first), now: 20_003)
        _ = machine.handle(.consumerCreated, now: 20_004)
        _ = machine.handle(delivery(11, count: 1, consumer: 2, isFence: true), now: 20_005)
        _ = machine.handle(.failed, now: 20_006)
        _ = machine.handle(.tick, now: 21_000)
        _ = machine.handle(.stream(state), now: 21_001)
        #expect(machine.handle(.anchor(last), now: 21_002) == [.writeFence])
        // A stream that is full takes none, and nothing else.
        _ = machine.handle(.fenceWritten(.refused("full")), now: 21_003)
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
                == [
                    .republish(.recreated), .deleteConsumer(number: 1), .createConsumer(number: 2, afterSequence: nil),
                ])
    }

    @Test("An answer to nothing that was asked changes nothing, in any phase")
    func stray() {
        var phases = [FollowMachine(), following()]
        var machine = following()
        _ = machine.handle(.connected, now: 8)
        phases.append(machine)
        _ = machine.handle(.streamMissing, now: 9)
        phases.append(machine)
        _ = machine.handle(.disconnected, now: 10)
        phases.append(machine)
        for phase in phases {
            for event: FollowEvent in [
                .record(last), .anchor(nil), .fenceWritten(.stored(sequence: 99)), .consumerCreated, .streamReady,
                delivery(50, count: 4, consumer: 7), beat(77, consumer: 7),
            ] {
                if event == .streamReady, phase.phase == .waitingForStream { continue }
                var machine = phase
                #expect(machine.handle(event, now: 11) == [] && machine == phase, "\(event) in \(phase.phase)")
            }
        }
    }
}

extension StreamState {
    fileprivate func grown(to sequence: UInt64) -> StreamState {
        var state = self
        state.lastSequence = sequence
        return state
    }
}
