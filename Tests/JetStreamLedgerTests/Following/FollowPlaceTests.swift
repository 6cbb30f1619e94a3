import Testing

@testable import JetStreamLedger

@Suite("A replica goes on where it stopped only in the stream in which it stopped")
struct FollowPlaceTests: FollowScene {
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
        #expect(machine.handle(delivery(12, count: 1, consumer: 2), now: 10) == [.apply, .askForStream])
        #expect(machine.handle(.consumerCreated, now: 11) == [])
        #expect(machine.nextDeadline() == 10 + FollowTimes.answer)

        machine = following()
        #expect(machine.handle(beat(4), now: 8) == [.askForStream])
    }

    @Test("A consumer over ten million records is waited for, and not asked for again: the server counts before it answers")
    func slowCreation() {
        var machine = FollowMachine(maxStaleness: maxStaleness)
        _ = machine.handle(.connected, now: 0)
        let large = StreamState(created: "then", lastSequence: 10_000_000)
        #expect(machine.handle(.stream(large), now: 1) == [.createConsumer(number: 1, afterSequence: nil)])
        #expect(machine.handle(.tick, now: 40_000) == [])
        #expect(machine.handle(.consumerCreated, now: 40_001) == [.askForStream])
    }

    @Test("A consumer that is heard of is there, also when the answer to its creation is lost")
    func creationAnswerLost() {
        for event in [beat(0), delivery(10, count: 1)] {
            var machine = FollowMachine(maxStaleness: maxStaleness)
            _ = machine.handle(.connected, now: 0)
            _ = machine.handle(.stream(StreamState(created: "then", lastSequence: 10)), now: 1)
            #expect(machine.handle(event, now: 2).last == .askForStream)
            #expect(machine.phase == .following)
        }
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
        #expect(machine.currentUntil == provenAt + maxStaleness)
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

    @Test("A leader that is cut off knows less, and is not believed until a majority has been with it since")
    func deposed() {
        var machine = following()
        _ = machine.handle(.disconnected, now: 8)
        _ = machine.handle(.connected, now: 9)
        var short = StreamState(created: "then", lastSequence: 10)
        for (now, age) in [(10, 3_000), (1_010, 4_000), (2_010, 2_001)] as [(Int64, Int64)] {
            short.quorumAge = age
            #expect(machine.handle(.stream(short), now: now) == [])
            #expect(machine.handle(.tick, now: now + FollowTimes.doubt) == [.askForStream])
        }
        // The majority's own, from another leader.
        var healed = machine
        #expect(healed.handle(.stream(state), now: 3_020) == [.askForRecord(sequence: 10)])
        // Or it is still the leader, and has lost something.
        short.quorumAge = 3_000
        #expect(machine.handle(.stream(short), now: 3_020).first == .republish(.rolledBack))
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
        _ = machine.handle(.anchor(first), now: 506)
        #expect(machine.handle(.anchor(last), now: 506) == [.writeFence])
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
        var phases = [FollowMachine(maxStaleness: maxStaleness), following()]
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
