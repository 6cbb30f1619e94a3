/// Brings back what the stream has lost, and says in the stream when it is whole again. Pure: no socket, no clock.
///
/// What it promises:
/// - for every loss that is found, everything that this replica knows is published again, wholly, after the loss; and
///   what one replica has found, all have found: each looks at the epoch every other second, and one that is not its own,
///   or gone, is a loss, also when this replica has not noticed it by its records;
/// - the epoch says `whole` only when a replica has published everything that it knew, and the epoch has stood in the stream ever
///   since that began: a purge in the middle takes it away, and then the end is not believed;
/// - it ends. A replica whose records were published again by another finds them where they would stand after another
///   purge as well. The epoch tells the two apart: under the epoch that it has published under itself, nothing can have been lost since.
///   (Without that, replicas answer each other's repairs with their own, for ever.)
///
/// What it does not promise: that a replica which waits for `whole` then knows what only a slower one knew, stored in the
/// moments before the loss. The first one's end counts; the others' records follow as they publish them.
///
/// All replicas that find the same loss publish what they know: each may know something that no other does. They do so
/// under one epoch, the first one's.
///
/// One question at a time; answers are those to the latest only.
struct RepairMachine: Equatable, Sendable {
    enum Phase: Equatable, Sendable {
        case idle
        case reading(until: Int64)
        case writing(LedgerEpoch, until: Int64)
        case publishing
        /// Something failed; asked again then.
        case pausing(until: Int64)
    }

    private struct Joined: Equatable {
        var name: String
        var sequence: UInt64
    }

    private(set) var phase = Phase.idle
    /// Under which all that this replica knows is in the stream; nil before it has been current for the first time.
    private(set) var ours: String?
    /// What is being made good; nil for an epoch that is only looked at.
    private var reason: ReplayReason?
    /// What is being published under, and where it stood last.
    private var joined: Joined?
    /// All has been published under `joined`, and only the epoch is to be written.
    private var isPublished = false
    private var nextLook: Int64?
    /// When it is to be written again, before the stream drops it for its age.
    private var nextRenewal: Int64 = 0
    private var opened = 0
    private let instance: String
    private let renewal: Int64

    /// - Parameters:
    ///   - instance: of this process; makes its epochs' names its own.
    ///   - recordLifetime: seconds after which the stream may drop a record, the epoch too.
    init(instance: String, recordLifetime: Int64) {
        self.instance = instance
        renewal = recordLifetime * 1_000 / 4
    }

    mutating func handle(_ event: RepairEvent, now: Int64) -> [RepairAction] {
        switch event {
        case .started(let name):
            guard ours == nil else { return [] }
            ours = name
            nextLook = now + RepairTimes.look
            // At the first look: nobody knows how old it is.
            nextRenewal = now
            return []
        case .lost(let reason): return lost(reason, now: now)
        case .epoch(let found):
            guard case .reading = phase else { return [] }
            return isPublished ? closing(found, now: now) : opening(found, now: now)
        case .written(let outcome):
            guard case .writing(let epoch, _) = phase else { return [] }
            return written(epoch, outcome, now: now)
        case .published:
            guard phase == .publishing, let joined else { return [] }
            isPublished = true
            return write(LedgerEpoch(state: .whole, name: joined.name), over: joined.sequence, now: now)
        case .failed:
            if case .publishing = phase { return [] }
            return phase == .idle ? [] : pause(now: now)
        case .tick: return tick(now: now)
        }
    }

    /// The latest moment at which a `tick` is wanted.
    func nextDeadline() -> Int64? {
        switch phase {
        case .idle: nextLook
        case .publishing: nil
        case .reading(let until), .writing(_, let until), .pausing(let until): until
        }
    }
}

extension RepairMachine {
    private mutating func lost(_ reason: ReplayReason, now: Int64) -> [RepairAction] {
        // Who has never been current knows no more than what he has read of the stream, and cannot say when it is whole.
        guard ours != nil else { return [] }
        let isUnderWay = phase != .idle && self.reason != nil
        // What others publish meanwhile moves the records of this one. If it was more, the epoch says so in the end.
        if reason == .overtaken, isUnderWay { return [] }
        self.reason = reason
        isPublished = false
        return read(now: now)
    }

    /// Before anything is published: whether somebody has begun already, and whether there is anything to be done.
    private mutating func opening(_ found: FoundEpoch?, now: Int64) -> [RepairAction] {
        guard let found, let epoch = found.epoch else { return open(over: found?.sequence ?? 0, now: now) }
        guard let reason else { return looked(epoch, at: found.sequence, now: now) }
        if epoch.name == ours {
            if reason == .overtaken { return rest(now: now) }
            return open(over: found.sequence, now: now)
        }
        // A copy that was restored brings back the epoch of its own time.
        let isOfThisLoss = epoch.state == .repairing || reason == .purged || reason == .overtaken
        guard isOfThisLoss else { return open(over: found.sequence, now: now) }
        return publish(under: epoch.name, at: found.sequence, reason)
    }

    private mutating func looked(_ epoch: LedgerEpoch, at sequence: UInt64, now: Int64) -> [RepairAction] {
        // Something was lost that another has noticed; this one may know more.
        guard epoch.name == ours else { return publish(under: epoch.name, at: sequence, .overtaken) }
        // Begun under this name by one that did not end it.
        guard now >= nextRenewal || epoch.state == .repairing else { return rest(now: now) }
        return write(LedgerEpoch(state: .whole, name: epoch.name), over: sequence, now: now)
    }

    /// A loss that nobody has begun to repair.
    private mutating func open(over sequence: UInt64, now: Int64) -> [RepairAction] {
        reason = reason ?? .purged
        opened += 1
        return write(LedgerEpoch(state: .repairing, name: "\(instance).\(opened)"), over: sequence, now: now)
    }

    private mutating func publish(under name: String, at sequence: UInt64, _ reason: ReplayReason) -> [RepairAction] {
        joined = Joined(name: name, sequence: sequence)
        self.reason = reason
        phase = .publishing
        return [.publish(reason)]
    }

    /// The epoch was not what it was when this replica began.
    private mutating func closing(_ found: FoundEpoch?, now: Int64) -> [RepairAction] {
        guard let found, let epoch = found.epoch, epoch.name == joined?.name else {
            // Lost again meanwhile.
            isPublished = false
            reason = .purged
            return opening(found, now: now)
        }
        guard epoch.state == .repairing else { return ended(now: now) }
        return write(LedgerEpoch(state: .whole, name: epoch.name), over: found.sequence, now: now)
    }

    private mutating func written(_ epoch: LedgerEpoch, _ outcome: PublishOutcome, now: Int64) -> [RepairAction] {
        switch outcome {
        case .stored(let sequence):
            if epoch.state == .repairing { return publish(under: epoch.name, at: sequence, reason ?? .purged) }
            nextRenewal = now + renewal
            return isPublished ? ended(now: now) : rest(now: now)
        case .wrongLastSequence:
            // Another's, or this one, written before and its answer lost.
            return read(now: now)
        case .busy, .unreached, .unknown, .refused:
            return pause(now: now)
        }
    }

    private mutating func ended(now: Int64) -> [RepairAction] {
        ours = joined?.name
        return rest(now: now)
    }

    private mutating func rest(now: Int64) -> [RepairAction] {
        phase = .idle
        (reason, joined, isPublished) = (nil, nil, false)
        nextLook = now + RepairTimes.look
        return []
    }

    // MARK: Questions

    private mutating func read(now: Int64) -> [RepairAction] {
        phase = .reading(until: now + RepairTimes.answer)
        return [.askForEpoch]
    }

    private mutating func write(_ epoch: LedgerEpoch, over sequence: UInt64, now: Int64) -> [RepairAction] {
        phase = .writing(epoch, until: now + RepairTimes.answer)
        return [.writeEpoch(epoch, expecting: sequence)]
    }

    private mutating func pause(now: Int64) -> [RepairAction] {
        phase = .pausing(until: now + RepairTimes.pause)
        return []
    }

    private mutating func tick(now: Int64) -> [RepairAction] {
        guard let deadline = nextDeadline(), now >= deadline else { return [] }
        switch phase {
        case .publishing: return []
        case .idle, .pausing: return read(now: now)
        // No answer in time: a write may have been stored, and a read shows it.
        case .reading, .writing: return pause(now: now)
        }
    }
}

enum RepairEvent: Equatable, Sendable {
    /// This replica is current for the first time, of a stream that was whole under this name when it began to follow.
    case started(name: String)
    case lost(ReplayReason)
    /// Answers `askForEpoch`; nil when there is none.
    case epoch(FoundEpoch?)
    /// Answers `writeEpoch`.
    case written(PublishOutcome)
    /// Everything that `publish` asked for is stored.
    case published
    /// The outstanding question was answered with an error, or reached nobody.
    case failed
    case tick
}

enum RepairAction: Equatable, Sendable {
    case askForEpoch
    /// Where the last epoch stands at this sequence, 0 for none.
    case writeEpoch(LedgerEpoch, expecting: UInt64)
    /// Everything that this replica knows and has not expired is to be published again, from the beginning.
    case publish(ReplayReason)
}

/// In milliseconds.
enum RepairTimes {
    static let answer: Int64 = 2_000
    static let pause: Int64 = 1_000
    /// From one look at the epoch to the next.
    static let look: Int64 = 2_000
}
