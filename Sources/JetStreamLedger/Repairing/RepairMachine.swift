/// Brings back what the stream has lost, says in the stream when it is whole again, and lets a replica that may not know what
/// is missing answer only then. Pure: no socket, no clock.
///
/// What it promises:
/// - for every loss that is found, everything that this replica knows is published again, wholly, after the loss; and
///   what one replica has found, all have found: each looks at the epoch every other second, and one that is not its own,
///   or gone, is a loss, also when this replica has not noticed it by its records;
/// - the epoch says `whole` only when a replica has published everything that was acknowledged until a moment before the
///   loss, and the epoch has stood in the stream ever since that began: a purge in the middle takes it away, and then the
///   end is not believed;
/// - a replica that starts, or was out of sight of the ledger when something was lost, becomes current only behind a whole
///   epoch (`CountedProofs`). When that is not there it publishes what it knows, if it knows anything, and waits for those that
///   know more. When nobody does anything any more, it says `presumed`, and goes on;
/// - it ends. A replica whose records were published again by another finds them where they would stand after another
///   purge as well. The epoch tells the two apart: under the epoch that it has published under itself, nothing can have been lost since.
///   (Without that, replicas answer each other's repairs with their own, for ever.)
///
/// - redemptions are known to the stream alone, and what it has lost of them nobody can bring back. So whoever finds a loss takes
///   it that any refresh token which was issued before has been redeemed (`redeemedSince`), and the epoch tells all others.
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
        /// Before the first connection.
        case unconnected
        case idle(nextLook: Int64)
        case reading(askedAt: Int64)
        case writing(LedgerEpoch, until: Int64)
        case publishing
        /// Something failed; asked again then.
        case pausing(until: Int64)
    }

    struct Repair: Equatable, Sendable {
        /// What is being published under, and where it stood last.
        struct Joined: Equatable, Sendable {
            var name: String
            var sequence: UInt64
        }

        var reason: ReplayReason
        /// Nothing but the epoch, or its absence, speaks for a loss.
        var isByEpoch = false
        /// Whether this replica knew all that was acknowledged until a moment before the loss, and so may call the stream whole.
        var knewAll = false
        var joined: Joined?
        /// All has been published under `joined`, and only the epoch is to be written.
        var isPublished = false
    }

    var phase = Phase.unconnected
    private(set) var proofs: CountedProofs
    /// Under which all that this replica knows is in the stream; nil before that was so for the first time.
    var ours: String?
    /// What is being made good.
    var repair: Repair?
    /// While others are waited for.
    var wait: RepairWait?
    /// Where an epoch stood that was not this replica's, at the look before; 0 for none there.
    var doubt: UInt64?
    /// When it is to be written again, before the stream drops it for its age.
    var nextRenewal: Int64 = 0
    var opened = 0
    /// Unix milliseconds: what was redeemed since then is in the stream. It only grows.
    private(set) var redeemedSince: Int64 = 0
    /// From this machine's times to the server's; nil before that was told.
    private var serverClock: Int64?
    let instance: String
    let renewal: Int64

    /// - Parameters:
    ///   - instance: of this process; makes its epochs' names its own.
    ///   - recordLifetime: seconds after which the stream may drop a record, the epoch too.
    ///   - maxStaleness: in milliseconds.
    init(instance: String, recordLifetime: Int64, maxStaleness: Int64) {
        self.instance = instance
        renewal = recordLifetime * 1_000 / 4
        proofs = CountedProofs(maxStaleness: maxStaleness)
    }

    /// As of when everything is known that was acknowledged then; nil when that is not so.
    var provenAt: Int64? { proofs.provenAt }

    mutating func handle(_ event: RepairEvent, now: Int64) -> [RepairAction] {
        switch event {
        case .connected:
            return phase == .publishing ? [] : read(now: now)
        case .proven(let asOf):
            guard proofs.proven(asOf, now: now) else { return [] }
            switch phase {
            // Also when one is on its way: it may have been answered before the proof was there.
            case .idle, .reading, .pausing: return read(now: now)
            case .unconnected, .writing, .publishing: return []
            }
        case .lost(let reason):
            if reason != .overtaken { redeemedSince = redemptionsLost(by: now) }
            return lost(reason, now: now)
        case .serverTime(let time, let askedAt):
            // Rather ahead by the question's way than behind by the answer's.
            serverClock = time - askedAt
            return []
        case .epoch(let found, let lastRevocation):
            guard case .reading(let askedAt) = phase else { return [] }
            proofs.looked(found?.epoch, askedAt: askedAt, now: now)
            redeemedSince = max(redeemedSince, found?.epoch?.redeemedSince ?? 0)
            begin(under: found?.epoch, now: now)
            return looked(found, lastRevocation: lastRevocation, now: now)
        case .written(let outcome):
            guard case .writing(let epoch, _) = phase else { return [] }
            return written(epoch, outcome, now: now)
        case .published:
            guard phase == .publishing else { return [] }
            return published(now: now)
        case .failed:
            switch phase {
            case .reading, .writing: return pause(now: now)
            case .unconnected, .idle, .publishing, .pausing: return []
            }
        case .tick: return tick(now: now)
        }
    }

    /// The latest moment at which a `tick` is wanted.
    func nextDeadline() -> Int64? {
        switch phase {
        case .unconnected, .publishing: nil
        case .reading(let askedAt): askedAt + RepairTimes.answer
        case .idle(let until), .writing(_, let until), .pausing(let until): until
        }
    }
}

extension RepairMachine {
    /// Before the server's clock was told this replica has redeemed nothing.
    func redemptionsLost(by now: Int64) -> Int64 {
        serverClock.map { max(redeemedSince, now + $0) } ?? redeemedSince
    }

    /// What was replayed under this epoch is in the stream under it.
    private mutating func begin(under epoch: LedgerEpoch?, now: Int64) {
        guard ours == nil, proofs.provenAt != nil, let epoch else { return }
        ours = epoch.name
        // At the first look: nobody knows how old it is.
        nextRenewal = now
    }

    private mutating func tick(now: Int64) -> [RepairAction] {
        guard let deadline = nextDeadline(), now >= deadline else { return [] }
        switch phase {
        case .unconnected, .publishing: return []
        case .idle, .pausing: return read(now: now)
        // No answer in time: a write may have been stored, and a read shows it.
        case .reading, .writing: return pause(now: now)
        }
    }

    // MARK: Questions

    mutating func read(now: Int64) -> [RepairAction] {
        phase = .reading(askedAt: now)
        return [.askForEpoch]
    }

    mutating func write(
        _ state: LedgerEpoch.State, _ name: String, redeemedSince time: Int64? = nil, over sequence: UInt64, now: Int64
    ) -> [RepairAction] {
        let epoch = LedgerEpoch(state: state, name: name, redeemedSince: time ?? redeemedSince)
        phase = .writing(epoch, until: now + RepairTimes.answer)
        return [.writeEpoch(epoch, expecting: sequence)]
    }

    private mutating func written(_ epoch: LedgerEpoch, _ outcome: PublishOutcome, now: Int64) -> [RepairAction] {
        switch outcome {
        case .stored(let sequence):
            redeemedSince = max(redeemedSince, epoch.redeemedSince)
            if epoch.state == .repairing { return publish(under: epoch.name, at: sequence, now: now) }
            nextRenewal = now + renewal
            return repair?.isPublished == true ? ended(now: now) : rest(now: now)
        case .wrongLastSequence:
            // Another's, or this one, written before and its answer lost.
            return read(now: now)
        case .busy, .unreached, .unknown:
            return pause(now: now)
        case .refused(let text):
            return pause(now: now) + [.report(RepairTrouble.epochNotTaken(text))]
        }
    }

    mutating func rest(now: Int64, for time: Int64 = RepairTimes.look) -> [RepairAction] {
        phase = .idle(nextLook: proofs.isWaiting ? now : now + time)
        return []
    }

    private mutating func pause(now: Int64) -> [RepairAction] {
        phase = .pausing(until: now + RepairTimes.pause)
        return []
    }
}
