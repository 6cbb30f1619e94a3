import TestSupport

@testable import JetStreamLedger

/// A leader that is slow to apply what the majority has agreed on: its followers, and whoever is told by them, are ahead of
/// it. It answers for the stream as it was a while ago, and acknowledges a write when it has come to it.
extension LedgerSimulation {
    struct SlowLeader {
        var since: Int64
        var until: Int64
        var lag: Int64
        /// What the stream was after each write, the oldest first.
        var past: [(time: Int64, stream: StreamModel?)]
    }

    func slowDown() {
        let slow = SlowLeader(
            since: now, until: now + 2_000 + Int64(random.next() % 8_000), lag: 200 + Int64(random.next() % 1_700),
            past: [(now, stream)])
        slowLeader = slow
        trace("the leader is \(slow.lag) ms behind until \(slow.until)")
    }

    /// How much later a write is acknowledged.
    var leadersLag: Int64 { slowLeader.map { now < $0.until ? $0.lag : 0 } ?? 0 }

    /// The stream as its leader knows it.
    var leadersStream: StreamModel? {
        guard let slowLeader, now < slowLeader.until else { return stream }
        let time = max(slowLeader.since, now - slowLeader.lag)
        return slowLeader.past.last { $0.time <= time }?.stream ?? stream
    }

    func noteWrite() { slowLeader?.past.append((now, stream)) }

    /// Whether a write to these subjects has been agreed on and not yet applied: then the leader takes no other.
    func isInFlight(_ last: (StreamModel) -> StreamModel.Record?) -> Bool {
        stream.flatMap(last)?.sequence != leadersStream.flatMap(last)?.sequence
    }
}
