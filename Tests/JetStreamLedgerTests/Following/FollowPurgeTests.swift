import Testing

@testable import JetStreamLedger

@Suite("What a purge has taken is missed, whoever stored it, and nothing else is taken for a purge")
struct FollowPurgeTests: FollowScene {
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

    @Test("What was missing, and stands further behind at the next look, was purged and published by another, who may know less")
    func purgedAndPublishedByAnother() {
        let moved = Position(sequence: 13, time: 13)
        for isOldest in [false, true] {
            var machine = following()
            if isOldest {
                // The anchor is the newest now.
                let now = look(&machine)
                _ = machine.handle(.stream(state), now: now)
                _ = machine.handle(.anchor(first), now: now)
            }
            let purged = StreamState(created: "then", lastSequence: 13, firstSequence: 10)
            for found in [nil, moved] {
                let now = look(&machine)
                #expect(machine.handle(.stream(purged), now: now) == [.askForAnchor(id: id(9))])
                #expect(machine.handle(.anchor(found), now: now).first == (found == nil ? nil : .republish(.purged)))
            }
            #expect(!machine.wasMissing)
        }
    }

    @Test("What was missing at its place, and was not taken by a purge, stands for none when it is further behind")
    func missingForAMoment() {
        var machine = following()
        for found in [nil, Position(sequence: 13, time: 13)] {
            let now = look(&machine)
            _ = machine.handle(.stream(StreamState(created: "then", lastSequence: 13, firstSequence: 3)), now: now)
            #expect(machine.handle(.anchor(found), now: now) == (found == nil ? [] : [.writeFence]))
        }
        #expect(machine.doubt == nil)
    }

    @Test("When another has published what this one knows, the next purge is found by what stood then")
    func purgedAfterAnotherHasPublished() {
        var machine = following()
        _ = machine.handle(delivery(12, count: 4), now: 8)
        _ = machine.handle(delivery(13, count: 5), now: 8)
        let overtaken = StreamState(created: "then", lastSequence: 13, firstSequence: 12)
        for round in 0..<2 {
            let now = look(&machine, beats: 5)
            _ = machine.handle(.stream(overtaken), now: now)
            let actions = machine.handle(.anchor(Position(sequence: 13, time: 13)), now: now)
            #expect(actions.first == (round == 0 ? nil : .republish(.overtaken)))
        }
        // Each that was delivered is looked for: another may have published some of them only.
        for missing in [10, 12] as [UInt64] {
            var machine = machine
            let purged = StreamState(created: "then", lastSequence: 14, firstSequence: missing == 10 ? 12 : 13)
            for round in 0..<2 {
                let now = look(&machine, beats: 5)
                var actions = machine.handle(.stream(purged), now: now)
                while case .askForAnchor(let asked)? = actions.last, asked != id(missing) {
                    actions = machine.handle(.anchor(Position(sequence: 14, time: 14)), now: now)
                }
                #expect(actions == [.askForAnchor(id: id(missing))])
                #expect(machine.handle(.anchor(nil), now: now).first == (round == 0 ? nil : .republish(.purged)))
            }
        }
    }

    @Test("A purge that takes what is old and spares what is new is found by the oldest, seen twice")
    func partialPurge() {
        var machine = following()
        // The anchor is the newest now.
        var now = look(&machine)
        _ = machine.handle(.stream(state), now: now)
        _ = machine.handle(.anchor(first), now: now)
        #expect(machine.anchor?.position == last)
        let purged = StreamState(created: "then", lastSequence: 11, firstSequence: 10)
        for round in 0..<2 {
            now = look(&machine)
            #expect(machine.handle(.stream(purged), now: now) == [.askForAnchor(id: id(9))])
            #expect(machine.handle(.anchor(nil), now: now) == (round == 0 ? [] : [.republish(.purged)]))
        }
        #expect(machine.phase == .following && machine.sample.oldest == nil)
    }

    @Test("Another record in the place of the oldest, or an older one of the same, seen twice: not the stream that was followed")
    func oldestIsAnother() {
        for other in [Position(sequence: 9, time: 10), Position(sequence: 8, time: 8)] {
            var machine = following()
            var now = look(&machine)
            _ = machine.handle(.stream(state), now: now)
            _ = machine.handle(.anchor(first), now: now)
            for round in 0..<2 {
                now = look(&machine)
                _ = machine.handle(.stream(state), now: now)
                // Once, it may be a leader's word that has been deposed.
                #expect(machine.handle(.anchor(other), now: now).first == (round == 0 ? nil : .republish(.rolledBack)))
            }
        }
    }

    @Test("An older record in the place of the anchor is looked at again before it is believed")
    func anchorIsAnother() {
        var machine = following()
        for round in 0..<2 {
            let now = look(&machine)
            _ = machine.handle(.stream(state), now: now)
            let actions = machine.handle(.anchor(Position(sequence: 7, time: 7)), now: now)
            #expect(actions.first == (round == 0 ? nil : .republish(.rolledBack)))
        }
    }

    @Test("The oldest that was revoked once more, or has expired, is no purge, and the next one is asked for instead")
    func oldestAgain() {
        var machine = following()
        var now = look(&machine)
        _ = machine.handle(.stream(state), now: now)
        _ = machine.handle(.anchor(first), now: now)
        now = look(&machine)
        let purged = StreamState(created: "then", lastSequence: 13, firstSequence: 10)
        #expect(machine.handle(.stream(purged), now: now) == [.askForAnchor(id: id(9))])
        #expect(machine.handle(.anchor(Position(sequence: 13, time: 13)), now: now) == [.askForAnchor(id: id(10))])
        #expect(machine.doubt == nil && machine.sample.oldest?.position == last)

        machine = following()
        now = look(&machine)
        _ = machine.handle(.stream(state), now: now)
        _ = machine.handle(.anchor(first), now: now)
        now = look(&machine)
        let aged = StreamState(created: "then", lastSequence: 11, firstSequence: 10, keptSince: 1)
        #expect(machine.handle(.stream(aged), now: now) == [.askForAnchor(id: id(10))])
    }

    @Test("Of any number of deliveries a bounded sample is kept, the oldest always, at even distances")
    func sample() {
        var sample = DeliveredSample()
        for sequence in 1...UInt64(10_000) {
            sample.insert(.init(id: id(1), position: Position(sequence: sequence, time: 1)))
            #expect(sample.oldest?.position.sequence == 1 && sample.count <= DeliveredSample.bound)
        }
        var sequences: [UInt64] = []
        while let oldest = sample.oldest {
            sequences.append(oldest.position.sequence)
            sample.removeOldest()
        }
        #expect(sequences.count >= DeliveredSample.bound / 2)
        #expect(zip(sequences, sequences.dropFirst()).allSatisfy { $1 - $0 <= 10_000 / 32 })
        sample.insert(.init(id: id(1), position: Position(sequence: 10_001, time: 1)))
        #expect(sample.oldest?.position.sequence == 10_001)
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

    @Test("A revocation of one's own that was stored and then purged, before anything was delivered, is missed")
    func ownPurged() {
        var machine = FollowMachine(maxStaleness: maxStaleness)
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

    @Test("One's own that the consumer passes over is missed also when what was delivered before it is still there")
    func ownPassedOver() {
        var machine = following()
        _ = machine.handle(.revoked(sequence: 12, id: id(12)), now: 8)
        #expect(machine.handle(delivery(13, count: 4), now: 9) == [.apply])
        for round in 0..<2 {
            let now = look(&machine, beats: 4)
            #expect(machine.handle(.stream(StreamState(created: "then", lastSequence: 13)), now: now) == [.askForAnchor(id: id(12))])
            #expect(machine.handle(.anchor(nil), now: now).first == (round == 0 ? nil : .republish(.purged)))
        }
        // Or it was revoked by another once more, and came from further behind.
        machine = following()
        _ = machine.handle(.revoked(sequence: 12, id: id(12)), now: 8)
        _ = machine.handle(delivery(13, count: 4), now: 9)
        let now = look(&machine, beats: 4)
        _ = machine.handle(.stream(StreamState(created: "then", lastSequence: 14)), now: now)
        #expect(machine.handle(.anchor(Position(sequence: 14, time: 14)), now: now) == [.askForAnchor(id: id(9))])
        #expect(machine.suspect == nil && machine.doubt == nil)
    }

    @Test("One's own that was missed once is looked for again, and not what was stored since in a stream that was cut")
    func ownMissedTwice() {
        var machine = following()
        _ = machine.handle(.revoked(sequence: 12, id: id(12)), now: 8)
        for now in [Int64(500), 1_500] {
            _ = machine.handle(now == 500 ? .connected : .tick, now: now)
            _ = machine.handle(.stream(StreamState(created: "then", lastSequence: 20)), now: now)
            #expect(machine.handle(.record(last), now: now) == [.askForAnchor(id: id(12))])
            let actions = machine.handle(.anchor(nil), now: now)
            #expect(actions.first == (now == 500 ? nil : .republish(.recordGone)))
            _ = machine.handle(.revoked(sequence: 21, id: id(21)), now: now)
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
        #expect(machine.doubt == nil && machine.currentUntil == now + maxStaleness)
    }
}
