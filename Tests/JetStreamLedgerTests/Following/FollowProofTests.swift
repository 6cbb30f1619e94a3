import Testing

@testable import JetStreamLedger

@Suite("A replica that answers knows every revocation that is older than its bound: what proves it")
struct FollowProofTests: FollowScene {
    @Test("Not current before the end of the replay, current after it, and no longer when nothing is proven")
    func current() {
        let machine = following()
        // What is known is as old as the fence.
        #expect(machine.currentUntil == provenAt + maxStaleness)
        #expect(machine.isCurrent(at: provenAt + maxStaleness))
        #expect(!machine.isCurrent(at: provenAt + 1 + maxStaleness))
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
        #expect(machine.currentUntil == now - 1_500 + maxStaleness)
    }

    @Test("An empty stream is replayed at once")
    func empty() {
        var machine = FollowMachine(maxStaleness: maxStaleness)
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
        #expect(machine.currentUntil == provenAt + maxStaleness)
    }

    @Test("A fence that the consumer has not brought yet delays the proof, and a stalled consumer is made anew")
    func target() {
        var machine = following()
        let now = look(&machine)
        _ = machine.handle(.stream(StreamState(created: "then", lastSequence: 12)), now: now)
        #expect(machine.handle(.anchor(first), now: now + 1) == [.writeFence])
        #expect(machine.handle(.fenceWritten(.stored(sequence: 13)), now: now + 2) == [])
        #expect(machine.currentUntil == provenAt + maxStaleness)
        // Another replica's fence has taken its place, and does as well.
        var reached = machine
        #expect(reached.handle(delivery(14, count: 4, isFence: true), now: now + 100) == [.apply])
        #expect(reached.currentUntil == now + 1 + maxStaleness)

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
        #expect(overtaken.currentUntil == now + maxStaleness)

        _ = machine.handle(.fenceWritten(.unknown("x")), now: now + 1)
        #expect(machine.currentUntil == provenAt + maxStaleness)
        #expect(machine.handle(.tick, now: now + 1 + FollowTimes.pause) == [.askForStream])
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
        #expect(machine.currentUntil == provenAt + maxStaleness)
        let again = machine.nextLook
        #expect(machine.handle(.tick, now: again) == [.askForStream])
        _ = machine.handle(.stream(StreamState(created: "then", lastSequence: 14)), now: again)
        _ = machine.handle(.anchor(first), now: again)
        _ = machine.handle(.anchor(last), now: again)
        _ = machine.handle(.fenceWritten(.stored(sequence: 15)), now: again)
        _ = machine.handle(delivery(14, count: 5, pending: 1), now: again)
        #expect(machine.currentUntil == provenAt + maxStaleness)
        _ = machine.handle(delivery(15, count: 6, isFence: true), now: again)
        #expect(machine.currentUntil == again + maxStaleness)
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
            if machine.anchor != machine.sample.oldest { _ = machine.handle(.anchor(first), now: now) }
            _ = machine.handle(.anchor(machine.anchor?.position), now: now)
            _ = machine.handle(.fenceWritten(.stored(sequence: sequence)), now: now)
            _ = machine.handle(delivery(sequence, count: sequence - 8, pending: 5, isFence: true), now: now)
            #expect(machine.provenAt == sent ?? provenAt)
            sent = now
        }
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
        #expect(machine.handle(.anchor(first), now: 21_002) == [.askForAnchor(id: id(10))])
        #expect(machine.handle(.anchor(last), now: 21_002) == [.writeFence])
        // A stream that is full takes none, and nothing else.
        _ = machine.handle(.fenceWritten(.refused("full")), now: 21_003)
        #expect(machine.currentUntil == 21_000 + maxStaleness)
    }
}
