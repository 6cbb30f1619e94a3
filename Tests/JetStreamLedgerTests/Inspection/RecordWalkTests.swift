import TestSupport
import Testing

@testable import JetStreamLedger

@Suite("A walk through the records takes each that was there once, and goes on where it lost one")
struct RecordWalkTests {
    private func delivery(_ consumer: UInt64, _ consumerSequence: UInt64, _ streamSequence: UInt64, pending: UInt64) -> Delivery {
        Delivery(
            consumer: consumer, consumerSequence: consumerSequence, streamSequence: streamSequence, time: 0, pending: pending)
    }

    @Test("It ends at the last record that was there when it began, or when no more is to come")
    func ends() {
        var walk = RecordWalk(after: 0, end: 5)
        #expect(walk.nextConsumer() == 1)
        #expect(walk.created(pending: 3) == .pass)
        #expect(walk.delivered(delivery(1, 1, 2, pending: 2)) == .take)
        var replaced = walk
        #expect(walk.delivered(delivery(1, 2, 5, pending: 9)) == .takeLast)
        #expect(walk.isAtEnd)
        // The last one was replaced meanwhile: what stands for it now is newer than the walk.
        #expect(replaced.delivered(delivery(1, 2, 6, pending: 0)) == .finished)
        var removed = RecordWalk(after: 0, end: 5)
        _ = removed.nextConsumer()
        #expect(removed.delivered(delivery(1, 1, 3, pending: 0)) == .takeLast)
    }

    @Test("Nothing there is an end; so is a stream that was left behind")
    func empty() {
        #expect(RecordWalk(after: 0, end: 0).isAtEnd)
        #expect(RecordWalk(after: 7, end: 5).isAtEnd)
        #expect(RecordWalk(after: 0, end: 5).created(pending: 0) == .finished)
    }

    @Test("A delivery that is missing, told by the next one or by a heartbeat, starts another consumer behind the last taken")
    func gaps() {
        var walk = RecordWalk(after: 0, end: 9)
        _ = walk.nextConsumer()
        #expect(walk.delivered(delivery(1, 1, 1, pending: 8)) == .take)
        #expect(walk.heartbeat(lastConsumerSequence: 1) == .pass)
        #expect(walk.heartbeat(lastConsumerSequence: 2) == .again)
        #expect(walk.delivered(delivery(1, 3, 3, pending: 6)) == .again)
        #expect(walk.last == 1)
        #expect(walk.nextConsumer() == 2)
        // Of the former consumer, late.
        #expect(walk.delivered(delivery(1, 2, 2, pending: 7)) == .pass)
        #expect(walk.delivered(delivery(2, 1, 2, pending: 7)) == .take)
        #expect(walk.delivered(delivery(2, 1, 2, pending: 7)) == .pass)
    }

    @Test("Consumers that bring nothing are counted, so that it can be given up")
    func failures() {
        var walk = RecordWalk(after: 0, end: 9)
        _ = walk.nextConsumer()
        #expect(walk.failures == 0)
        _ = walk.nextConsumer()
        _ = walk.nextConsumer()
        #expect(walk.failures == 2)
        #expect(walk.delivered(delivery(3, 1, 1, pending: 8)) == .take)
        #expect(walk.failures == 0)
    }

    @Test("Whatever is lost, doubled or late: every record once, in order")
    func everyRecordOnce() {
        let seed = UInt64.random(in: .min ... .max)
        var random = SeededGenerator(seed: seed)
        for _ in 0..<500 {
            let records = (1...40).filter { _ in random.next() % 3 > 0 }.map { UInt64($0) }
            var walk = RecordWalk(after: 0, end: records.last ?? 0)
            var taken: [UInt64] = []
            var late: [Delivery] = []
            var isDone = walk.isAtEnd
            while !isDone {
                let number = walk.nextConsumer()
                let rest = records.filter { $0 > walk.last }
                for (index, sequence) in rest.enumerated() {
                    let next = delivery(number, UInt64(index) + 1, sequence, pending: UInt64(rest.count - index - 1))
                    if random.next() % 20 == 0 { continue }
                    late.append(next)
                    let arrived = random.next() % 10 == 0 ? late[Int(random.next() % UInt64(late.count))] : next
                    let step = walk.delivered(arrived)
                    if step == .take || step == .takeLast { taken.append(arrived.streamSequence) }
                    isDone = step == .takeLast || step == .finished
                    if step == .again || isDone { break }
                }
            }
            #expect(taken == records, "seed \(seed)")
        }
    }
}
