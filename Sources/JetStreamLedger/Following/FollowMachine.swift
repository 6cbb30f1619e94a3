internal import Blacklist

/// How a replica follows the stream's revocations. Pure: no socket, no clock; events and times go in, actions come out.
///
/// What it promises:
/// - every revocation in the stream is handed on for the blacklist, in order, some of them more than once;
/// - everything that was in the stream at the moment `provenAt` has been handed on; whether that was all that there
///   should be is for others to say (`CountedProofs`);
/// - it goes on where it stopped only in a stream that is provably the one it stopped in: created at the same moment, not
///   shorter than what was seen of it, beginning no further ahead, with the very record that was applied last. A consumer that
///   starts above the stream's end would wait there without a word; a stream that was restored from a copy would have a hole.
///   Otherwise everything is replayed, and, where something may be lost, what this replica knows is published again;
/// - a purge, of which a consumer hears nothing, is found by looking for the oldest and for the newest of what was delivered,
///   and what this replica knows is published again.
///
/// What is current: a consumer and its heartbeats prove nothing. It lives on one server, which may be cut off from the
/// majority and go on beating (measured: for as long as it is cut off), or lag behind. So every other second the stream
/// is looked at:
/// - Its leader tells the last sequence, and when it last heard of a majority. Where nothing has been stored since what
///   was delivered last, this replica is as current as the leader was then. A lone leader tells its growing age for some
///   13 s, and then that there is none.
/// - Otherwise a fence is written among the revocations. Its acknowledgement comes from a majority, and when it is
///   delivered, so is all that was stored before it (`checkTarget` says what is more to it). It was chosen over asking
///   for the last revocation by a wildcard, which takes the server 40 ms at a million subjects, with the stream locked;
///   a write takes 0.24 ms.
/// An idle system writes none: what was delivered last is then the last fence.
///
/// Only one question is on its way at a time. What was stored while a question was on its way is not held against the
/// answer, and what looks like a loss is looked at again before it is believed. A consumer on a follower can be ahead of a
/// leader that is slow, by tens of thousands of records: whether a stream is shorter than it was, a write tells (`foundEnd`).
///
/// One value, one thread. A delivery costs some comparisons and no allocation but its action's.
struct FollowMachine: Equatable, Sendable {
    /// What identifies a record: a stream that was restored and went on has another one at the same sequence.
    struct Position: Equatable, Sendable {
        var sequence: UInt64
        /// The server's time of storing, in Unix nanoseconds.
        var time: UInt64
    }

    enum Phase: Equatable, Sendable {
        /// No connection.
        case disconnected
        /// The stream is gone, and somebody else sees to it.
        case waitingForStream
        /// Looking at the stream before a consumer is made; the `look` is on its way.
        case locating
        case creatingConsumer(until: Int64)
        case following
        /// Something failed; tried again then.
        case pausing(until: Int64)
    }

    /// A revocation that was applied.
    struct Anchor: Equatable, Sendable {
        var id: UUIDv7
        var position: Position
    }

    /// A fence that was stored: what was stored before it will be known once it is delivered.
    struct Target: Equatable, Sendable {
        var sequence: UInt64
        /// When it was sent.
        var asOf: Int64
    }

    /// What looks like a loss.
    struct Doubt: Equatable, Sendable {
        var reason: ReplayReason
        /// When it was seen first.
        var since: Int64
        /// Where the stream's end was, when it is by that.
        var end: UInt64?
    }

    var phase = Phase.disconnected
    /// The stream that everything below is about.
    var created: String?
    /// The last revocation that was delivered: where to go on. Never a fence: those are replaced all the time.
    var applied: Anchor?
    /// Up to where everything has been delivered, and up to where when there was no more to deliver.
    var reached: UInt64 = 0
    var drained: UInt64 = 0
    /// The furthest behind that anything was delivered from, a fence or a revocation.
    var delivered: Position?
    /// Where the stream began when it was replayed from its beginning. A stream never begins further ahead than it did.
    var replayedFrom: UInt64 = 0
    /// The highest sequence that is known to have been in the stream.
    var highestSeen: UInt64 = 0
    /// The consumer's own count of deliveries.
    var consumerSequence: UInt64 = 0
    /// Tells the deliveries of this consumer from those of one before.
    var consumerNumber: UInt64 = 0
    /// While following: when anything came last, and when anything was applied last.
    var lastHeard: Int64 = 0
    var lastProgress: Int64 = 0

    /// The look that is being taken.
    var look: Look?
    var nextLook: Int64 = 0
    /// How long an answer is waited for.
    private(set) var patience = FollowTimes.firstAnswer
    var target: Target?
    /// The last applied one at the beginning of the look before, or the first one since.
    var anchor: Anchor?
    var sample = DeliveredSample()
    /// When nothing was delivered yet, they are all by which a loss can be seen.
    var own = UndeliveredWrites()
    /// One of its own that was stored and is not where it should be: to be looked for until it is found, or missed twice.
    var suspect: Anchor?
    /// Seen once, and to be seen again.
    var doubt: Doubt?
    /// Something was not there, in a stream that begins behind its place: a purge has taken it. When it stands further behind at
    /// the next look, another replica has brought it back, and not what this one knows besides.
    var wasMissing = false
    /// The stream is surely not the one that was followed; which one it is, a look tells.
    var hasReceded = false
    private(set) var timesReplaced = 0
    /// When something was last proven.
    var lastProof: Int64?
    /// As of when the last target was that was reached.
    var reachedOnce: Int64?
    /// Everything that was stored up to here is known; nil before the first replay's end.
    private(set) var provenAt: Int64?
    /// The longest time without a proof in which requests are still answered, in milliseconds.
    let maxStaleness: Int64

    init(maxStaleness: Int64) {
        self.maxStaleness = maxStaleness
    }

    mutating func handle(_ event: FollowEvent, now: Int64) -> [FollowAction] {
        switch event {
        case .connected, .streamReady:
            if event == .streamReady, phase != .waitingForStream { return [] }
            return locate(now: now)
        case .disconnected:
            phase = .disconnected
            look = nil
            target = nil
            return []
        case .stream(let state): return found(state, now: now)
        case .streamMissing: return missing()
        case .record(let position): return found(record: position, now: now)
        case .anchor(let position): return found(anchor: position, now: now)
        case .fenceWritten(let outcome): return fenced(outcome, now: now)
        case .consumerCreated: return consumerCreated(now: now)
        case .delivered(let delivery, let id): return took(delivery, id, now: now)
        case .heartbeat(let number, let lastConsumerSequence): return heard(number, lastConsumerSequence, now: now)
        case .stored(let sequence):
            highestSeen = max(highestSeen, sequence)
            return []
        case .revoked(let sequence, let id):
            if sequence > reached { own.insert(id, at: sequence) }
            return []
        case .receded(let isSure):
            // What only looks like it can come all the time (a clock that was set back): no proof is to wait for that.
            if !isSure { nextLook = min(nextLook, now + FollowTimes.pause) }
            guard isSure, !hasReceded else { return [] }
            hasReceded = true
            guard phase == .following else { return [] }
            // Also when a look is being taken: what that and the fence would prove is of another stream.
            target = nil
            return beginLook(now: now)
        case .republishing:
            guard phase == .following else { return [] }
            (anchor, suspect, doubt, look) = (nil, nil, nil, nil)
            wasMissing = false
            sample.removeAll()
            own.removeAll()
            nextLook = now + FollowTimes.look(maxStaleness: maxStaleness)
            return []
        case .failed: return failed(now: now)
        case .tick: return tick(now: now)
        }
    }

    /// The latest moment at which a `tick` is wanted.
    func nextDeadline() -> Int64? {
        switch phase {
        case .disconnected, .waitingForStream: return nil
        case .locating: return look?.until
        case .creatingConsumer(let until), .pausing(let until): return until
        case .following:
            let silence = lastHeard + FollowTimes.silence
            if target != nil { return min(silence, lastProgress + FollowTimes.stall) }
            return min(silence, look?.until ?? nextLook)
        }
    }

    /// Whether the target is reached.
    ///
    /// A revocation that is revoked once more moves to the stream's end. One that does so after the fence was stored, and
    /// before the consumer came to it, is not known when the fence is delivered. So that is believed only when the
    /// consumer had nothing more to deliver there; or when another fence, written after it, is delivered as well, for it would
    /// have to be moved twice. At the end of a replay, which can be long, that is not unlikely: several may be publishing all
    /// again. So the first proof is of the first kind only.
    mutating func checkTarget(now: Int64) {
        guard let target, reached >= target.sequence else { return }
        self.target = nil
        let look = FollowTimes.look(maxStaleness: maxStaleness)
        nextLook = max(now, target.asOf + look)
        if drained >= target.sequence {
            prove(target.asOf, now: now)
        } else {
            if let reachedOnce, provenAt != nil { prove(reachedOnce, now: now) }
            nextLook = provenAt == nil ? now : min(nextLook, now + look / 4)
        }
        reachedOnce = target.asOf
    }

    /// Nothing has been stored since what was delivered last, says the leader.
    mutating func proveUnchanged(asOf: Int64, askedAt: Int64, now: Int64) {
        nextLook = askedAt + FollowTimes.look(maxStaleness: maxStaleness)
        prove(asOf, now: now)
    }

    /// Whether another leader could have been elected since anything was proven. One that was stopped meanwhile and goes
    /// on now finds old answers of its followers in its sockets and takes them for new ones, until it hears of the other
    /// within the second: it is not to be believed that nothing was stored.
    func isAfterSilence(_ askedAt: Int64) -> Bool {
        guard let lastProof else { return false }
        return askedAt - lastProof > FollowTimes.election
    }

    mutating func noAnswer() { patience = min(2 * patience, FollowTimes.answer) }

    private mutating func prove(_ asOf: Int64, now: Int64) {
        patience = FollowTimes.firstAnswer
        provenAt = max(provenAt ?? asOf, asOf)
        lastProof = now
    }

    /// Follows the stream from its beginning: what was applied may not have been held.
    mutating func replay(now: Int64) -> [FollowAction] {
        forget()
        switch phase {
        case .disconnected, .waitingForStream: return []
        case .locating, .creatingConsumer, .following, .pausing: return locate(now: now)
        }
    }

    /// Nothing is known of this stream: all of it is to be replayed, and what is known from the one before published.
    mutating func startOver(in state: StreamState, _ reason: ReplayReason) -> FollowAction {
        created = state.created
        highestSeen = state.lastSequence
        timesReplaced += 1
        hasReceded = false
        forget()
        return .republish(reason)
    }

    private mutating func forget() {
        (applied, anchor, suspect, target, doubt) = (nil, nil, nil, nil, nil)
        wasMissing = false
        sample.removeAll()
        own.removeAll()
        (reached, drained) = (0, 0)
        delivered = nil
        (provenAt, lastProof, reachedOnce) = (nil, nil, nil)
    }
}
