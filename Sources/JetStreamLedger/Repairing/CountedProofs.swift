/// Which of the follower's proofs count. Pure.
///
/// A proof says that all is known that was in the stream at a moment. It does not say that the stream then held all that
/// was ever acknowledged: an operator may have purged it, and those that know what is gone need some time to bring it back.
/// So:
/// - A replica that is current knows what such a loss takes away, and its proofs count as they come, if none is much
///   younger than the one before. Unless it has become so just before: then the loss may have been there, and not noticed
///   by anybody yet, and it counts as one that starts.
/// - One that starts, or was out of sight of the ledger for a while, may never have seen it. Its proof counts only between two looks
///   at the epoch that found it whole under the same name: one that was answered before the moment of the proof, and one
///   that was asked after the proof was there. A loss between the two would have taken the epoch away.
struct CountedProofs: Equatable, Sendable {
    private struct Pending: Equatable {
        var asOf: Int64
        var obtainedAt: Int64
    }

    private struct Whole: Equatable {
        var name: String
        var since: Int64
    }

    /// As of when everything is known; nil while the follower has nothing proven.
    private(set) var provenAt: Int64?
    /// The last one that counted, also when the follower has begun anew since.
    private(set) var last: Int64?
    /// Since when they have counted without a break.
    private var began: Int64 = 0
    /// Waits for a look. The oldest that can still count: looks and proofs come at the same pace, and a newer one would never be
    /// old enough.
    private var pending: Pending?
    /// Handed in last.
    private var newest: Int64?
    /// Under which name the epoch is whole, and since when it was found so each time.
    private var whole: Whole?
    private let chain: Int64

    /// - Parameter maxStaleness: in milliseconds.
    init(maxStaleness: Int64) {
        chain = min(RepairTimes.chain, maxStaleness)
    }

    /// Whether the epoch is to be looked at for a proof to count.
    var isWaiting: Bool { pending != nil }

    /// Whether what this replica knows now is all that a loss could have taken away until a moment ago.
    func isUnbroken(at now: Int64) -> Bool {
        guard let last else { return false }
        return now - last <= chain
    }

    /// - Parameter asOf: of the follower's latest proof.
    /// - Returns: whether the epoch is to be looked at now.
    mutating func proven(_ asOf: Int64?, now: Int64) -> Bool {
        guard asOf != newest else { return false }
        newest = asOf
        guard let asOf else {
            (provenAt, pending) = (nil, nil)
            return false
        }
        if let last, asOf - last <= chain {
            count(asOf)
            return false
        }
        guard pending == nil else { return false }
        pending = Pending(asOf: asOf, obtainedAt: now)
        return true
    }

    /// - Parameter askedAt: when the question was sent.
    mutating func looked(_ epoch: LedgerEpoch?, askedAt: Int64, now: Int64) {
        guard let epoch, epoch.state != .repairing else {
            (whole, pending) = (nil, nil)
            if last != nil, now - began < RepairTimes.young { (provenAt, last) = (nil, nil) }
            return
        }
        let since = whole?.name == epoch.name ? whole?.since ?? now : now
        whole = Whole(name: epoch.name, since: since)
        guard let pending else { return }
        if since > pending.asOf {
            self.pending = nil
        } else if askedAt >= pending.obtainedAt {
            count(pending.asOf)
            began = now
        }
    }

    private mutating func count(_ asOf: Int64) {
        pending = nil
        provenAt = max(provenAt ?? asOf, asOf)
        last = max(last ?? asOf, asOf)
    }
}
