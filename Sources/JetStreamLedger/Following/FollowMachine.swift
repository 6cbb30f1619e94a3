/// How a replica follows the stream's revocations. Pure: no socket, no clock; events and times go in, actions come out.
///
/// What it promises:
/// - every revocation in the stream is handed on for the blacklist, in order, some of them more than once;
/// - `isCurrent` is true only after the stream's end, as it was when the replay began, has been reached, and only while
///   the stream was heard of within `maxStaleness`;
/// - it goes on where it stopped only in a stream that is provably the one it stopped in: created at the same moment, not
///   shorter than what was seen of it, with the very record that was applied last. A consumer that starts above the
///   stream's end would wait there without a word; a stream that was restored from a copy would have a hole.
///   Otherwise everything is replayed, and what this replica knows is published again;
/// - the same is looked at now and then while following, because a purge says nothing to a consumer.
struct FollowMachine: Equatable, Sendable {
    /// What identifies a record: a stream that was restored and went on has another one at the same sequence.
    struct Position: Equatable, Sendable {
        var sequence: UInt64
        /// The server's time of storing, as it gives it.
        var time: UInt64
    }

    enum Phase: Equatable, Sendable {
        /// No connection.
        case disconnected
        case askingForStream(until: Int64)
        case askingForRecord(StreamState, until: Int64)
        case creatingConsumer(StreamState, until: Int64)
        case following
        /// Something failed; tried again then.
        case pausing(until: Int64)
    }

    enum Inspection: Equatable, Sendable {
        case due(at: Int64)
        case asking(until: Int64)
        case askingForRecord(StreamState, Position, until: Int64)
    }

    private(set) var phase = Phase.disconnected
    /// The stream that everything below is about.
    private(set) var created: String?
    private(set) var applied: Position?
    /// The highest sequence that is known to have been in the stream.
    private(set) var highestSeen: UInt64 = 0
    /// The consumer's own count of deliveries.
    private var consumerSequence: UInt64 = 0
    /// Tells the deliveries of this consumer from those of one before.
    private(set) var consumerNumber: UInt64 = 0
    /// Until where a replay has to come before this replica is current.
    private var replayTarget: UInt64?
    private var hasReplayed = false
    private(set) var lastHeard: Int64?
    /// While following: the next look at the stream, or the one that is being made.
    private var inspection = Inspection.due(at: 0)
    private let maxStaleness: Int64

    init(maxStaleness: Int64 = FollowTimes.maxStaleness) {
        self.maxStaleness = maxStaleness
    }

    /// Whether what this replica knows may be answered from.
    func isCurrent(at now: Int64) -> Bool {
        guard hasReplayed, let lastHeard else { return false }
        return now - lastHeard <= maxStaleness
    }

    mutating func handle(_ event: FollowEvent, now: Int64) -> [FollowAction] {
        switch event {
        case .connected:
            return askForStream(now: now)
        case .disconnected:
            phase = .disconnected
            return []
        case .stream(let state):
            return found(state, now: now)
        case .record(let position):
            return found(record: position, now: now)
        case .consumerCreated(let number, let pending):
            return created(consumer: number, pending: pending, now: now)
        case .delivered(let delivery):
            return took(delivery, now: now)
        case .heartbeat(let number, let lastConsumerSequence, let lastStreamSequence):
            return heard(number, lastConsumerSequence, lastStreamSequence, now: now)
        case .stored(let sequence):
            highestSeen = max(highestSeen, sequence)
            return []
        case .failed:
            return pause(now: now)
        case .tick:
            return tick(now: now)
        }
    }

    /// The latest moment at which a `tick` is wanted.
    func nextDeadline() -> Int64? {
        switch phase {
        case .disconnected: nil
        case .askingForStream(let until), .askingForRecord(_, let until), .creatingConsumer(_, let until),
            .pausing(let until):
            until
        case .following: min((lastHeard ?? .max - FollowTimes.silence) + FollowTimes.silence, inspectionDeadline)
        }
    }

    private var inspectionDeadline: Int64 {
        switch inspection {
        case .due(let time), .asking(let time), .askingForRecord(_, _, let time): time
        }
    }
}

// MARK: - Finding the place

extension FollowMachine {
    private mutating func askForStream(now: Int64) -> [FollowAction] {
        phase = .askingForStream(until: now + FollowTimes.answer)
        return [.askForStream]
    }

    private mutating func pause(now: Int64) -> [FollowAction] {
        guard phase != .disconnected else { return [] }
        phase = .pausing(until: now + FollowTimes.pause)
        return []
    }

    private mutating func found(_ state: StreamState, now: Int64) -> [FollowAction] {
        if phase == .following { return inspected(state, now: now) }
        guard case .askingForStream = phase else { return [] }
        if let reason = difference(of: state) { return startOver(state, reason, now: now) }
        guard let applied else { return createConsumer(state, now: now) }
        phase = .askingForRecord(state, until: now + FollowTimes.answer)
        return [.askForRecord(sequence: applied.sequence)]
    }

    private func difference(of state: StreamState) -> ReplayReason? {
        guard let created else { return nil }
        if state.created != created { return .recreated }
        return state.lastSequence < highestSeen ? .rolledBack : nil
    }

    private mutating func found(record: Position?, now: Int64) -> [FollowAction] {
        if phase == .following { return inspected(record: record, now: now) }
        guard case .askingForRecord(let state, _) = phase else { return [] }
        guard let record, record == applied else {
            // Gone, or another one. A newer record of the same subject takes an old one's place, and that is no harm;
            // but it cannot be told from a purge here, and a replay costs only time.
            return startOver(state, record == nil ? .recordGone : .rolledBack, now: now)
        }
        return createConsumer(state, now: now)
    }

    private mutating func startOver(_ state: StreamState, _ reason: ReplayReason, now: Int64) -> [FollowAction] {
        applied = nil
        highestSeen = state.lastSequence
        hasReplayed = false
        return [.republish(reason)] + createConsumer(state, now: now)
    }

    private mutating func createConsumer(_ state: StreamState, now: Int64) -> [FollowAction] {
        created = state.created
        highestSeen = max(highestSeen, state.lastSequence)
        // A replay that was interrupted goes on to the same end at least.
        if !hasReplayed { replayTarget = max(replayTarget ?? 0, state.lastSequence) }
        consumerNumber += 1
        consumerSequence = 0
        phase = .creatingConsumer(state, until: now + FollowTimes.answer)
        return [.createConsumer(number: consumerNumber, afterSequence: applied?.sequence)]
    }

    private mutating func created(consumer number: UInt64, pending: UInt64, now: Int64) -> [FollowAction] {
        guard case .creatingConsumer = phase, number == consumerNumber else { return [] }
        phase = .following
        inspection = .due(at: now + FollowTimes.inspection)
        lastHeard = now
        if pending == 0 { hasReplayed = true }
        return []
    }
}

// MARK: - Following

extension FollowMachine {
    private mutating func took(_ delivery: Delivery, now: Int64) -> [FollowAction] {
        // Before the answer to its creation too: deliveries can overtake it.
        guard delivery.consumer == consumerNumber, isFollowingOrAboutTo else { return [] }
        guard delivery.consumerSequence == consumerSequence + 1 else { return askForStream(now: now) }
        consumerSequence = delivery.consumerSequence
        applied = Position(sequence: delivery.streamSequence, time: delivery.time)
        highestSeen = max(highestSeen, delivery.streamSequence)
        lastHeard = now
        if delivery.pending == 0 || delivery.streamSequence >= replayTarget ?? .max { hasReplayed = true }
        return [.apply]
    }

    private mutating func heard(
        _ number: UInt64, _ lastConsumerSequence: UInt64, _ lastStreamSequence: UInt64, now: Int64
    ) -> [FollowAction] {
        guard number == consumerNumber, phase == .following else { return [] }
        // The consumer has delivered more than came here, or has started anew without being asked to.
        guard lastConsumerSequence == consumerSequence else { return askForStream(now: now) }
        highestSeen = max(highestSeen, lastStreamSequence)
        lastHeard = now
        return []
    }

    private var isFollowingOrAboutTo: Bool {
        switch phase {
        case .creatingConsumer, .following: true
        case .disconnected, .askingForStream, .askingForRecord, .pausing: false
        }
    }

    private mutating func tick(now: Int64) -> [FollowAction] {
        switch phase {
        case .disconnected:
            return []
        case .askingForStream(let until), .askingForRecord(_, let until), .creatingConsumer(_, let until),
            .pausing(let until):
            return now >= until ? askForStream(now: now) : []
        case .following:
            if let lastHeard, now >= lastHeard + FollowTimes.silence { return askForStream(now: now) }
            guard now >= inspectionDeadline else { return [] }
            // Also when the last one was not answered: then heartbeats alone do not prove enough, and will not for long.
            inspection = .asking(until: now + FollowTimes.inspection)
            return [.askForStream]
        }
    }

    private mutating func inspected(_ state: StreamState, now: Int64) -> [FollowAction] {
        guard case .asking(let until) = inspection else { return [] }
        if let reason = difference(of: state) { return startOver(state, reason, now: now) }
        guard let applied else {
            inspection = .due(at: now + FollowTimes.inspection)
            return []
        }
        inspection = .askingForRecord(state, applied, until: until)
        return [.askForRecord(sequence: applied.sequence)]
    }

    private mutating func inspected(record: Position?, now: Int64) -> [FollowAction] {
        guard case .askingForRecord(let state, let position, _) = inspection else { return [] }
        inspection = .due(at: now + FollowTimes.inspection)
        // Newer ones came meanwhile, of which one may have taken its place: looked at next time.
        if record == position || applied != position { return [] }
        return startOver(state, record == nil ? .recordGone : .rolledBack, now: now)
    }
}
