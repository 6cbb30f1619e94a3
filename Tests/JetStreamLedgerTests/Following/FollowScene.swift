import Blacklist
import TestSupport
import Testing

@testable import JetStreamLedger

/// A replica that follows a stream of which it has seen two revocations and a fence, and what can happen to it.
protocol FollowScene {}

extension FollowScene {
    typealias Position = FollowMachine.Position

    var maxStaleness: Int64 { 15_000 }
    var state: StreamState { StreamState(created: "then", lastSequence: 11) }
    var last: Position { Position(sequence: 10, time: 10) }
    /// The first one that was delivered.
    var first: Position { Position(sequence: 9, time: 9) }

    func id(_ seed: UInt64) -> UUIDv7 {
        var random = SeededGenerator(seed: seed)
        return UUIDv7(unixMilliseconds: 1, using: &random)
    }

    func delivery(
        _ sequence: UInt64, count: UInt64, consumer: UInt64 = 1, pending: UInt64 = 0, isFence: Bool = false
    ) -> FollowEvent {
        .delivered(
            Delivery(
                consumer: consumer, consumerSequence: count, streamSequence: sequence, time: sequence, pending: pending),
            id: isFence ? nil : id(sequence))
    }

    func beat(_ count: UInt64, consumer: UInt64 = 1) -> FollowEvent {
        .heartbeat(number: consumer, lastConsumerSequence: count)
    }

    /// Connected, replayed, following: consumer 1 has delivered records 9 and 10, and the fence at 11. Time is 7.
    func following() -> FollowMachine {
        var machine = FollowMachine(maxStaleness: maxStaleness)
        let before = StreamState(created: "then", lastSequence: 10)
        #expect(machine.handle(.connected, now: 0) == [.askForStream])
        #expect(machine.handle(.stream(before), now: 1) == [.createConsumer(number: 1, afterSequence: nil)])
        #expect(machine.handle(.consumerCreated, now: 2) == [.askForStream])
        #expect(machine.handle(delivery(9, count: 1, pending: 1), now: 3) == [.apply])
        #expect(machine.handle(.stream(before), now: 4) == [.askForAnchor(id: id(9))])
        #expect(machine.handle(.anchor(first), now: 5) == [.writeFence])
        #expect(machine.handle(.fenceWritten(.stored(sequence: 11)), now: 6) == [])
        #expect(machine.handle(delivery(10, count: 2, pending: 1), now: 7) == [.apply])
        #expect(!machine.isCurrent(at: 7) && machine.currentUntil == nil)
        #expect(machine.handle(delivery(11, count: 3, isFence: true), now: 7) == [.apply])
        return machine
    }

    /// When the fence of `following` was sent.
    var provenAt: Int64 { 5 }

    /// The next look's first question, with heartbeats on the way to it.
    func look(_ machine: inout FollowMachine, beats: UInt64 = 3) -> Int64 {
        var now = machine.nextLook
        _ = machine.handle(beat(beats), now: now - 1)
        now = machine.nextLook
        #expect(machine.handle(.tick, now: now) == [.askForStream])
        return now
    }
}

extension FollowMachine {
    var currentUntil: Int64? { provenAt.map { $0 + maxStaleness } }

    func isCurrent(at now: Int64) -> Bool { now <= currentUntil ?? now - 1 }
}

extension StreamState {
    func grown(to sequence: UInt64) -> StreamState {
        var state = self
        state.lastSequence = sequence
        return state
    }
}
