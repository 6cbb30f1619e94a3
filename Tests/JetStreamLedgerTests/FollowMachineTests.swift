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

    private let state = StreamState(created: "then", lastSequence: 10)

    /// Connected, replayed, following: consumer 1 has delivered records 9 and 10.
    private func following() -> FollowMachine {
        var machine = FollowMachine()
        _ = machine.handle(.connected, now: 0)
        _ = machine.handle(.stream(state), now: 1)
        _ = machine.handle(.consumerCreated(number: 1, pending: 2), now: 2)
        for (index, sequence) in [UInt64(9), 10].enumerated() {
            let delivery = Delivery(
                consumer: 1, consumerSequence: UInt64(index + 1), streamSequence: sequence, time: sequence,
                pending: UInt64(1 - index))
            #expect(machine.handle(.delivered(delivery), now: 3) == [.apply])
        }
        return machine
    }

    @Test("Not current before the end of the replay, current after it, and no longer when nothing is heard")
    func current() {
        var machine = FollowMachine()
        _ = machine.handle(.connected, now: 0)
        _ = machine.handle(.stream(state), now: 1)
        _ = machine.handle(.consumerCreated(number: 1, pending: 2), now: 2)
        #expect(!machine.isCurrent(at: 2))
        machine = following()
        #expect(machine.isCurrent(at: 3))
        #expect(machine.isCurrent(at: 3 + FollowTimes.maxStaleness))
        #expect(!machine.isCurrent(at: 4 + FollowTimes.maxStaleness))
    }

    @Test("An empty stream is replayed at once")
    func empty() {
        var machine = FollowMachine()
        _ = machine.handle(.connected, now: 0)
        _ = machine.handle(.stream(StreamState(created: "now", lastSequence: 0)), now: 1)
        _ = machine.handle(.consumerCreated(number: 1, pending: 0), now: 2)
        #expect(machine.isCurrent(at: 2))
    }

    @Test("A gap in the consumer's count, or a heartbeat that counts more, starts it again after the last applied one")
    func gaps() {
        var machine = following()
        let skipped = Delivery(consumer: 1, consumerSequence: 4, streamSequence: 12, time: 12, pending: 0)
        #expect(machine.handle(.delivered(skipped), now: 4) == [.askForStream])
        #expect(
            machine.handle(.stream(StreamState(created: "then", lastSequence: 12)), now: 5)
                == [.askForRecord(sequence: 10)])
        #expect(
            machine.handle(.record(.init(sequence: 10, time: 10)), now: 6)
                == [.createConsumer(number: 2, afterSequence: 10)])
        // What the old consumer still sends is not taken.
        #expect(machine.handle(.delivered(skipped), now: 7) == [])

        machine = following()
        #expect(
            machine.handle(.heartbeat(number: 1, lastConsumerSequence: 3, lastStreamSequence: 11), now: 4)
                == [.askForStream])
    }

    @Test(
        "Another stream under the same name: everything is replayed and published again",
        arguments: [
            (StreamState(created: "now", lastSequence: 50), ReplayReason.recreated),
            (StreamState(created: "then", lastSequence: 9), .rolledBack),
        ])
    func otherStream(state: StreamState, reason: ReplayReason) {
        var machine = following()
        _ = machine.handle(.disconnected, now: 4)
        _ = machine.handle(.connected, now: 5)
        #expect(
            machine.handle(.stream(state), now: 6)
                == [.republish(reason), .createConsumer(number: 2, afterSequence: nil)])
        #expect(!machine.isCurrent(at: 6))
    }

    @Test("Restored from a copy and grown past the old end: found by the record at the place where it stopped")
    func regrown() {
        var machine = following()
        _ = machine.handle(.disconnected, now: 4)
        _ = machine.handle(.connected, now: 5)
        _ = machine.handle(.stream(StreamState(created: "then", lastSequence: 60)), now: 6)
        #expect(
            machine.handle(.record(.init(sequence: 10, time: 11)), now: 7)
                == [.republish(.rolledBack), .createConsumer(number: 2, afterSequence: nil)])
    }

    @Test("A purge, of which a consumer hears nothing, is found by looking")
    func purge() {
        var machine = following()
        let due = 3 + FollowTimes.inspection
        _ = machine.handle(.heartbeat(number: 1, lastConsumerSequence: 2, lastStreamSequence: 10), now: due - 1)
        #expect(machine.handle(.tick, now: due) == [.askForStream])
        #expect(machine.handle(.stream(state), now: due + 1) == [.askForRecord(sequence: 10)])
        #expect(
            machine.handle(.record(nil), now: due + 2)
                == [.republish(.recordGone), .createConsumer(number: 2, afterSequence: nil)])
    }
}
