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
        #expect(machine.nextDeadline() == 10 + FollowTimes.firstAnswer)

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

    @Test("A stream that begins further ahead than it did was restored from before a purge, and is replayed from its beginning")
    func purgeTakenBack() {
        let purged = StreamState(created: "then", lastSequence: 10, firstSequence: 10)
        var longer = purged
        longer.firstSequence = 5
        var machine = FollowMachine(maxStaleness: maxStaleness)
        _ = machine.handle(.connected, now: 0)
        _ = machine.handle(.stream(purged), now: 1)
        _ = machine.handle(.consumerCreated, now: 2)
        _ = machine.handle(delivery(10, count: 1), now: 3)
        _ = machine.handle(.stream(purged), now: 4)
        _ = machine.handle(.anchor(last), now: 5)
        _ = machine.handle(.fenceWritten(.stored(sequence: 11)), now: 6)
        _ = machine.handle(delivery(11, count: 2, isFence: true), now: 7)
        #expect(machine.isCurrent(at: 7))
        longer.lastSequence = 11

        // Where it stopped is the same record, and yet there is more before that.
        var reconnected = machine
        _ = reconnected.handle(.disconnected, now: 10)
        _ = reconnected.handle(.connected, now: 20)
        #expect(reconnected.handle(.stream(longer), now: 21) == [.askForAnchor(id: id(10))])
        let actions = reconnected.handle(.anchor(last), now: 21)
        #expect(actions == [.deleteConsumer(number: 1), .createConsumer(number: 2, afterSequence: nil)])
        _ = reconnected.handle(.consumerCreated, now: 22)
        #expect(reconnected.handle(delivery(5, count: 1, consumer: 2, pending: 1), now: 23) == [.apply])

        let now = look(&machine, beats: 2)
        #expect(machine.handle(.stream(longer), now: now) == [.askForStream])
        #expect(machine.handle(.stream(longer), now: now) == [.askForAnchor(id: id(10))])
        #expect(
            machine.handle(.anchor(last), now: now)
                == [.deleteConsumer(number: 1), .createConsumer(number: 2, afterSequence: nil)])
        // Once is enough, also when the stream still begins there.
        _ = machine.handle(.consumerCreated, now: now)
        #expect(machine.handle(.stream(longer), now: now) == [.askForAnchor(id: id(10))])
    }

    @Test("What is lost while servers find each other again is asked again soon, and a slow server is waited for longer each time")
    func patience() {
        var machine = following()
        _ = machine.handle(.connected, now: 1_000)
        var now: Int64 = 1_000
        for wait in [500, 1_000, 2_000, 2_000] as [Int64] {
            #expect(machine.handle(.tick, now: now + wait - 1) == [])
            now += wait
            #expect(machine.handle(.tick, now: now) == [.askForStream])
        }
        _ = machine.handle(.stream(state), now: now)
        _ = machine.handle(.record(last), now: now)
        _ = machine.handle(.anchor(first), now: now)
        #expect(machine.nextDeadline() == now + 2_000)
        _ = machine.handle(.consumerCreated, now: now)
        _ = machine.handle(.stream(state), now: now)
        _ = machine.handle(.anchor(first), now: now)
        _ = machine.handle(.anchor(last), now: now)
        _ = machine.handle(.fenceWritten(.stored(sequence: 12)), now: now)
        _ = machine.handle(delivery(12, count: 1, consumer: 2, isFence: true), now: now)
        #expect(machine.provenAt == now)
        _ = machine.handle(.connected, now: now)
        #expect(machine.nextDeadline() == now + 500)
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

    @Test("The record at the place that was missing, and stands further behind now, was purged and published by another")
    func purgedAndPublishedByAnother() {
        var machine = following()
        let purged = StreamState(created: "then", lastSequence: 13, firstSequence: 12)
        for (now, found) in [(500, nil), (1_504, Position(sequence: 13, time: 13))] as [(Int64, Position?)] {
            _ = machine.handle(now == 500 ? .connected : .tick, now: now)
            _ = machine.handle(.stream(purged), now: now)
            #expect(machine.handle(.record(nil), now: now) == [.askForAnchor(id: id(10))])
            #expect(machine.handle(.anchor(found), now: now).first == (found == nil ? nil : .republish(.recordGone)))
        }
    }

    private let short = StreamState(created: "then", lastSequence: 10)
    private let startsOver: [FollowAction] = [
        .republish(.rolledBack), .deleteConsumer(number: 1), .createConsumer(number: 2, afterSequence: nil),
    ]

    /// Connected again, and told of a stream that is shorter than what was seen of it. Time is 10.
    private func shorter() -> FollowMachine {
        var machine = following()
        _ = machine.handle(.disconnected, now: 8)
        _ = machine.handle(.connected, now: 9)
        #expect(machine.handle(.stream(short), now: 10) == [.writeFence])
        return machine
    }

    @Test("Shorter than what was seen of it, and a write is stored there: replayed and published again")
    func rolledBack() {
        for sequence in [11, 10] as [UInt64] {
            var machine = shorter()
            #expect(machine.handle(.fenceWritten(.stored(sequence: sequence)), now: 11) == startsOver)
        }
    }

    @Test("A leader that is slow to apply what others have told of already has lost nothing")
    func behind() {
        var machine = shorter()
        #expect(machine.handle(.fenceWritten(.stored(sequence: 12)), now: 11) == [.askForRecord(sequence: 10)])
        _ = machine.handle(.record(last), now: 12)
        #expect(
            machine.handle(.anchor(first), now: 13)
                == [.deleteConsumer(number: 1), .createConsumer(number: 2, afterSequence: 10)])
        _ = machine.handle(.consumerCreated, now: 14)
        // While following, too; and then the fence is no proof of itself.
        #expect(machine.handle(.stream(short), now: 15) == [.writeFence])
        #expect(machine.handle(.fenceWritten(.stored(sequence: 13)), now: 16) == [.askForAnchor(id: id(9))])
        #expect(machine.handle(.anchor(first), now: 17) == [.askForAnchor(id: id(10))])
        #expect(machine.handle(.anchor(last), now: 18) == [.writeFence])
    }

    @Test("Restored, and grown past the old end meanwhile: found by the record at the place")
    func behindAndAnother() {
        var machine = shorter()
        #expect(machine.handle(.fenceWritten(.stored(sequence: 12)), now: 11) == [.askForRecord(sequence: 10)])
        #expect(machine.handle(.record(Position(sequence: 10, time: 11)), now: 12) == startsOver)
    }

    @Test(
        "A leader that is cut off knows less, and can store nothing: it is not believed",
        arguments: [PublishOutcome.unknown("x"), .busy("x"), .unreached("x")])
    func deposed(outcome: PublishOutcome) {
        var machine = shorter()
        for now in [11, 2_000, 4_000] as [Int64] {
            #expect(machine.handle(.fenceWritten(outcome), now: now) == [])
            #expect(machine.handle(.tick, now: now + FollowTimes.doubt) == [.askForStream])
            #expect(machine.handle(.stream(short), now: now + FollowTimes.doubt + 1) == [.writeFence])
        }
        // Or says nothing.
        let now = 4_000 + FollowTimes.doubt + 1 + FollowTimes.answer
        #expect(machine.handle(.tick, now: now) == [.askForStream])
        // The majority's own, from another leader.
        #expect(machine.handle(.stream(state), now: now + 1) == [.askForRecord(sequence: 10)])
    }

    @Test("A full stream stores nothing: it is believed when its end stands still, and a majority has been with its leader since")
    func shorterAndFull() {
        var machine = shorter()
        func isBelieved(end: UInt64, age: Int64 = 0, now: Int64) -> Bool {
            #expect(machine.handle(.tick, now: now) == [.askForStream])
            let short = StreamState(created: "then", lastSequence: end, quorumAge: age)
            #expect(machine.handle(.stream(short), now: now) == [.writeFence])
            let actions = machine.handle(.fenceWritten(.refused("x")), now: now)
            #expect(actions == (actions.isEmpty ? [] : startsOver))
            return !actions.isEmpty
        }
        #expect(machine.handle(.fenceWritten(.refused("x")), now: 10) == [])
        // A leader that is slow to apply what was stored before.
        for (second, end) in [(1, 9), (2, 9), (3, 9), (4, 10), (5, 10), (6, 10), (7, 10)] as [(Int64, UInt64)] {
            #expect(!isBelieved(end: end, now: second * 1_000 + 10))
        }
        #expect(!isBelieved(end: 10, age: 4_001, now: 8_010))
        #expect(isBelieved(end: 10, age: 5_000, now: 9_010))
    }

    @Test("A write of one's own that was stored where the stream had been: another stream, however long it is now")
    func receded() {
        var machine = following()
        #expect(machine.handle(.receded(isSure: true), now: 20) == [.askForStream])
        #expect(machine.handle(.stream(state), now: 21) == startsOver)
        // That was all, and one that is told late changes nothing.
        #expect(!machine.hasReceded && machine.timesReplaced == 1)
        // Nor does a look prove anything that was begun before; and no more looks are begun than one.
        machine = following()
        let now = look(&machine)
        #expect(machine.handle(.receded(isSure: true), now: now) == [.askForStream])
        #expect(machine.handle(.receded(isSure: true), now: now) == [])
        #expect(machine.handle(.stream(state), now: now) == startsOver)
        // Nor is it forgotten when all is replayed for another reason.
        machine = following()
        _ = machine.handle(.receded(isSure: true), now: 20)
        #expect(machine.replay(now: 20) == [.askForStream])
        #expect(machine.handle(.stream(state), now: 21).first == .republish(.rolledBack))
        // What only looks like it is looked at.
        machine = following()
        #expect(machine.handle(.receded(isSure: false), now: 20) == [])
        #expect(machine.handle(.tick, now: 20 + FollowTimes.pause) == [.askForStream])
        #expect(machine.handle(.stream(state.grown(to: 12)), now: 271) == [.askForAnchor(id: id(9))])
        // And if that is seen all the time, what is proven is proven all the same.
        _ = machine.handle(.anchor(first), now: 272)
        #expect(machine.handle(.fenceWritten(.stored(sequence: 13)), now: 273) == [])
        #expect(machine.handle(.receded(isSure: false), now: 274) == [])
        _ = machine.handle(delivery(13, count: 4, isFence: true), now: 275)
        #expect(machine.provenAt == 272)
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
