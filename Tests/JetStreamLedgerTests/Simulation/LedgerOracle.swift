import Blacklist
import StrictJSON
@testable import TokenOperations

@testable import JetStreamLedger

/// Sees everything at once, and says when a promise is broken. The plain model against which histories are held.
///
/// P1: a revocation that was acknowledged is in the stream, at once and, unless an operator has removed it, for ever; and
///     what he has removed comes back as long as one replica lives that has seen it there.
/// P2: the life of a replica that acknowledged a revocation never calls its token valid again; every replica that
///     answers knows everything that has been in the stream for longer than the bound.
///     A replica that was not current at a purge does not become so before what all that were current knew is back, unless
///     none of them is left.
/// P3: a refresh token has one successor pair, out of a redemption that was stored; none outside of the grace period, none
///     when its successor has been redeemed, none from a family that was revoked before it was presented. A family of
///     which an operator has removed records is left out until those that were current have found the loss; then no token
///     is redeemed that was issued before it.
final class LedgerOracle {
    unowned var world: LedgerSimulation! = nil
    /// Revocations that are in the stream: since when without a break.
    private var inStream: [UUIDv7: Int64] = [:]
    private var acknowledged: Set<UUIDv7> = []
    /// By the life of a replica.
    private var acknowledgedBy: [[Int]: Set<UUIDv7>] = [:]
    private var redemptions: [UUIDv7: (redemption: Redemption, at: Int64)] = [:]
    /// When each token was redeemed.
    private var redeemedAt: [UUIDv7: Int64] = [:]
    private var pairs: [UUIDv7: Pair] = [:]
    private var damaged: Set<UUIDv7> = []
    private var lastDamage: Int64 = .min / 2
    /// The last loss that those who were current cannot miss, and who they were.
    private var lastLoss: (at: Int64, witnesses: [[Int]]) = (.min, [])
    /// From when on what was redeemed is in the stream, as its epoch says in Unix milliseconds, and when it said so first.
    private var redeemedSince: (value: Int64, saidAt: Int64) = (0, .min)
    /// What a purge has taken and nobody has brought back: when it was stored, and taken.
    private var missing: [UUIDv7: (stored: Int64, taken: Int64)] = [:]
    /// The lives that were current at the last purge.
    private var witnesses: [[Int]] = []
    private var lastIsolation: [Int: Int64] = [:]
    /// What must be in the stream in the end, because a replica that lives through the calm knows it.
    private var expected: Set<UUIDv7> = []

    // What histories have come to, to see that they exercise what they are to.
    private(set) var rotations = 0
    private(set) var repeats = 0
    private(set) var reuses = 0
    private(set) var unknowns = 0
    private(set) var verified = 0
    private(set) var rejected = 0
    private(set) var currentChecks = 0

    func stored(_ subject: String, _ body: [UInt8], _ sequence: UInt64) {
        switch LedgerSubject.kind(of: subject) {
        case .revoked(let id):
            // Of a leader that is slow nobody can know it sooner, and nobody has been told that it is stored.
            inStream[id] = inStream[id] ?? world.now + world.leadersLag
            missing[id] = nil
        case .redeemed(let family):
            guard let redemption = try? RedemptionRecord.decode(body.rawSpan, family: family) else { return }
            redemptions[redemption.successor.refreshID] = (redemption, world.now)
            redeemedAt[redemption.tokenID] = redeemedAt[redemption.tokenID] ?? world.now
        case nil where subject == LedgerSubject.epoch: said(body)
        case nil: break
        }
    }

    private func said(_ epoch: [UInt8]) {
        guard let since = try? LedgerEpoch.decode(epoch.rawSpan).redeemedSince, since > redeemedSince.value else { return }
        redeemedSince = (since, world.now)
    }

    func streamReplaced(_ old: StreamModel?, by new: StreamModel?) {
        redeemedSince = (0, .min)
        if let epoch = new?.last(of: LedgerSubject.epoch) { said(epoch.body) }
        let isFirst = world.now > max(lastDamage, world.lastReplay) + 10_000
        lastDamage = world.now
        if !isFirst { lastLoss.witnesses = [] }
        var kept: [UUIDv7: Int64] = [:]
        for record in new?.records ?? [] {
            if case .revoked(let id) = LedgerSubject.kind(of: record.subject) { kept[id] = inStream[id] ?? world.now }
        }
        let isPurge = old != nil && new?.created == old?.created && new?.lastSequence == old?.lastSequence
        // Of a stream that was deleted or restored, a replica that starts at once cannot see that it was another.
        // What all that were current knew at the purge. Who repairs first does not wait for those that may know more, and
        // publish it later.
        let current = world.replicas.filter(\.isCurrent)
        let known = current.isEmpty ? [] : inStream.keys.filter { id in current.allSatisfy { $0.knows(id) } }
        if isPurge { witnesses = current.map { [$0.index, $0.life] } }
        // Of one that spares the epoch, a replica that starts at once cannot know.
        let keepsEpoch = new?.last(of: LedgerSubject.epoch) != nil
        let taken = known.filter { kept[$0] == nil }.map { ($0, (inStream[$0] ?? 0, world.now)) }
        missing = isPurge && !keepsEpoch ? missing.merging(taken) { $1 } : [:]
        let knowers = world.replicas.filter { replica in
            replica.isCurrent && (new == nil || inStream.keys.contains { kept[$0] == nil && replica.learned.contains($0) })
        }
        // One that another follows at once can be hidden by that, and one amid a repair by what is published again.
        if !knowers.isEmpty { lastLoss = (world.now, isFirst ? knowers.map { [$0.index, $0.life] } : []) }
        inStream = kept
        for record in old?.records ?? [] where new?.record(at: record.sequence) == nil {
            damage(record)
        }
        for record in new?.records ?? [] where old?.record(at: record.sequence) == nil { damage(record) }
    }

    private func damage(_ record: StreamModel.Record) {
        switch LedgerSubject.kind(of: record.subject) {
        case .revoked(let id), .redeemed(let id): damaged.insert(id)
        case nil: break
        }
    }

    func died(_ replica: SimulatedReplica) {
        acknowledgedBy[[replica.index, replica.life]] = nil
    }

    func judgedReuse(_ redemption: Redemption, by replica: SimulatedReplica) {
        reuses += 1
        if redemptions[redemption.successor.refreshID] != nil, !damaged.contains(redemption.family) {
            world.violate("P3: a redemption that was stored is taken for a reuse, and costs its own family")
        }
    }

    func replied(_ reply: Reply, to request: SimulatedReplica.Request, by replica: SimulatedReplica) {
        switch (request.operation, reply) {
        case (.blacklist(let family, let access), .revoked): acknowledge([family, access], request, replica)
        case (.refresh(let token), .reused): acknowledge([token.family], request, replica)
        case (.refresh(let token), .pair(let pair)): issued(pair, for: token, request, replica)
        case (.verify(let family, let access), .valid):
            verified += 1
            for id in [family, access] where acknowledgedBy[[replica.index, replica.life]]?.contains(id) == true {
                world.violate("P2: the replica that acknowledged \(id.text) calls it valid")
            }
            for id in [family, access] where mustBeKnown(id) {
                world.violate("P2: replica \(replica.index) calls \(id.text) valid, which has been stored for too long")
            }
        case (.verify, .invalid): rejected += 1
        case (_, .unavailable):
            unknowns += 1
            if request.flight != nil { unknown(request, by: replica) }
        default: break
        }
    }

    private func unknown(_ request: SimulatedReplica.Request, by replica: SimulatedReplica) {
        let waited = world.now - request.arrivedAt
        guard waited > LedgerSimulation.times.requestMilliseconds + 10 else { return }
        world.violate("a refresh was answered 503 after \(waited) ms: a retry may be too late for the grace")
    }

    private func acknowledge(_ ids: [UUIDv7], _ request: SimulatedReplica.Request, _ replica: SimulatedReplica) {
        for id in ids {
            if inStream[id] == nil, lastDamage < request.arrivedAt {
                world.violate("P1: \(id.text) is acknowledged and not stored")
            }
            acknowledged.insert(id)
            acknowledgedBy[[replica.index, replica.life], default: []].insert(id)
        }
    }

    private func issued(
        _ pair: Pair, for token: Token, _ request: SimulatedReplica.Request, _ replica: SimulatedReplica
    ) {
        guard let (redemption, _) = redemptions[pair.next.id], redemption.tokenID == token.id else {
            return world.violate("P3: a pair without a stored redemption of the token")
        }
        // Of another's redemption it is told when, of its own only where.
        let isOwn = request.flight?.redemption.successor.refreshID == pair.next.id
        let passed = isOwn ? request.passed : request.delivered
        // Whoever is blind to it breaks another promise first.
        if world.fault != .resumesBlindly, redemptions[pair.next.id]?.at ?? 0 >= request.arrivedAt,
            pair.next.revision <= passed
        {
            return world.violate("P3: a pair out of a stream that was restored, for a token that it may have redeemed before")
        }
        if pairs[token.id] == nil { rotations += 1 } else { repeats += 1 }
        // Some looks at the epoch may be lost.
        if token.id.unixMilliseconds < redeemedSince.value, request.arrivedAt > redeemedSince.saidAt + 20_000 {
            world.violate("P3: a pair for a token from before the stream lost its records")
        }
        defer { pairs[token.id] = pair }
        guard !damaged.contains(token.family) else { return }
        if let earlier = pairs[token.id], earlier != pair {
            world.violate("P3: generation \(token.generation) of \(token.family.text) has two successors")
        }
        let slack: Int64 = 1_000
        if let at = redeemedAt[token.id], request.arrivedAt > at + LedgerSimulation.graceMilliseconds + slack {
            world.violate("P3: a pair for a token that was redeemed \(request.arrivedAt - at) ms before")
        }
        // A leader that is cut off tells for 5 s what he remembers.
        if world.isolated[replica.index] != nil { return }
        if let since = lastIsolation[replica.index], world.now - since < 12_000 { return }
        if let at = redeemedAt[pair.next.id], at < request.arrivedAt {
            world.violate("P3: a pair for a token whose successor has been redeemed")
        }
        if let since = inStream[token.family], since < request.arrivedAt {
            world.violate("P3: a pair from a family that was revoked before it was asked for")
        }
    }

    /// Whether every replica that answers has to know it.
    private func mustBeKnown(_ id: UUIDv7) -> Bool {
        guard let since = inStream[id] else { return false }
        return since < world.now - world.maxStaleness
    }

    func healed(_ index: Int) { lastIsolation[index] = world.now }

    func checkKnowledge() {
        for replica in world.replicas where replica.isCurrent {
            currentChecks += 1
            if let id = missing.first(where: { isWithheld($0.key, $0.value, from: replica) })?.key {
                world.violate("P2: replica \(replica.index) came to a purged stream, and answers without \(id.text)")
                return
            }
            for id in inStream.keys where mustBeKnown(id) && !replica.knows(id) {
                world.violate(
                    "P2: replica \(replica.index) answers and does not know \(id.text), stored \(world.now - (inStream[id] ?? 0)) ms ago")
                return
            }
        }
    }

    /// What was stored moments before a loss, one replica may not know that is the first to repair it; those that know it
    /// have published it within this.
    private static let repairMilliseconds: Int64 = 5_000

    /// Whether one that was current at the purge lives still, and one that was not does not know it, though it was stored
    /// for longer than the bound, and cannot have waited for long enough.
    private func isWithheld(_ id: UUIDv7, _ loss: (stored: Int64, taken: Int64), from replica: SimulatedReplica) -> Bool {
        guard world.now < loss.taken + RepairTimes.stillOwn, !replica.knows(id) else { return false }
        guard loss.stored < world.now - world.maxStaleness - Self.repairMilliseconds else { return false }
        return world.replicas.contains { witnesses.contains([$0.index, $0.life]) }
    }

    func calm() {
        expected = world.replicas.reduce(into: Set<UUIDv7>()) { $0.formUnion($1.learned) }.intersection(acknowledged)
    }

    func checkEnd() {
        for replica in world.replicas {
            if !replica.isCurrent { world.violate("replica \(replica.index) does not become current again") }
            if replica.openRequests > 0 { world.violate("replica \(replica.index) has not answered \(replica.openRequests)") }
            for id in expected.sorted(by: { $0.text < $1.text }) where !replica.knows(id) {
                let knowers = world.replicas.filter { $0.knows(id) }.map { "\($0.index)-\($0.life)" }
                return world.violate("P1: replica \(replica.index) does not learn \(id.text), which \(knowers) know")
            }
        }
        if world.replicas.contains(where: { lastLoss.witnesses.contains([$0.index, $0.life]) }) {
            for replica in world.replicas where replica.redeemedSince < LedgerSimulation.epoch + lastLoss.at {
                world.violate("P3: replica \(replica.index) would redeem tokens from before the loss at \(lastLoss.at)")
            }
        }
        for id in expected.sorted(by: { $0.text < $1.text }) where inStream[id] == nil {
            return world.violate("P1: \(id.text) is not in the stream any more, and a replica knows it")
        }
    }
}
