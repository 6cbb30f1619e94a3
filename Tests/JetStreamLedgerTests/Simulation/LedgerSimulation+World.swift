import Blacklist
import StrictJSON
import TestSupport
@testable import TokenOperations

@testable import JetStreamLedger

/// What happens to replicas and stream.
extension LedgerSimulation {
    struct Isolation {
        var since: Int64
        /// What its server remembers of the stream.
        var snapshot: StreamModel?
    }

    func happen() {
        switch random.next() % 100 {
        case 0..<12: cut(Int(random.next() % 3))
        case 12..<18: die(Int(random.next() % 3))
        case 18..<30:
            let index = Int(random.next() % 3)
            if isolated[index] == nil, random.next() % 2 == 0 { isolate(index) } else { heal(index) }
        case 30..<40: if let stream { copies.append(stream) }
        case 40..<56 where isMeddled: meddle()
        case 56..<62: loseLeader()
        case 62..<66:
            fullUntil = now + 200 + Int64(random.next() % 8_000)
            trace("the stream takes nothing until \(fullUntil)")
        case 66..<70: slowDown()
        default: break
        }
    }

    func connect(_ index: Int, in delay: Int64) {
        sessions[index] += 1
        let origin = Origin(replica: index, life: replicas[index].life, session: sessions[index])
        queue.insert(.toReplica(.connected, origin), at: now + 1 + delay)
    }

    func cut(_ index: Int) {
        trace("replica \(index) loses its connection")
        replicas[index].disconnected()
        connect(index, in: isCalm ? 100 : Int64(random.next() % 3_000))
    }

    func die(_ index: Int) {
        trace("replica \(index) dies")
        oracle.died(replicas[index])
        replicas[index] = SimulatedReplica(index: index, life: replicas[index].life + 1, world: self)
        timers[index] = nil
        connect(index, in: isCalm ? 100 : Int64(random.next() % 3_000))
    }

    private func isolate(_ index: Int) {
        if percent(40), let memory = memories.randomElement(using: &random) {
            // Its connection goes to another server, which has been cut off for a while and was the leader then.
            cut(index)
            trace("to a server that was cut off at \(memory.since)")
            isolated[index] = memory
        } else {
            trace("the server of replica \(index) is cut off")
            isolated[index] = Isolation(since: now, snapshot: stream)
        }
    }

    /// What a server that is cut off now will remember.
    func remember() {
        if memories.count == Self.memoriesHeld { memories.removeFirst() }
        memories.append(Isolation(since: now, snapshot: stream))
    }

    /// Every half a second, and as long as a leader that is cut off says anything.
    private static let memoriesHeld = 20

    func heal(_ index: Int) {
        guard isolated.removeValue(forKey: index) != nil else { return }
        trace("the server of replica \(index) is back")
        oracle.healed(index)
        wakeConsumers()
    }

    /// An election, as those take: what is sent meanwhile reaches nobody.
    private func loseLeader() {
        leaderlessUntil = now + 200 + Int64(random.next() % 6_000)
        trace("the stream has no leader until \(leaderlessUntil)")
    }

    /// Whether nobody listens on the stream's subjects.
    var hasNobody: Bool { stream == nil || now < leaderlessUntil }

    private func meddle() {
        guard var stream else { return }
        switch fault == .oldestOverlooked ? 4 : random.next() % 5 {
        case 0, 1:
            trace("purged")
            stream.purge()
            replace(stream)
        case 4:
            guard let spared = stream.records.randomElement(using: &random) else { return }
            trace("purged before \(spared.sequence)")
            stream.purge(before: spared.sequence)
            replace(stream)
        case 2:
            trace("deleted")
            consumers.removeAll()
            replace(nil)
        default:
            // A restore means that the servers were down, or that the stream was deleted before.
            guard let copy = copies.last(where: { $0.created == stream.created }) else { return }
            trace("restored from a copy")
            consumers.removeAll()
            replace(copy)
            if percent(70) { for index in 0..<3 { cut(index) } }
        }
    }

    private func replace(_ new: StreamModel?) {
        oracle.streamReplaced(stream, by: new)
        stream = new
        slowLeader = nil
        for index in isolated.keys.sorted() { heal(index) }
        memories.removeAll()
        wakeConsumers()
    }

    func append(_ subject: String, _ condition: LedgerSend.Condition?, _ messageID: String?, _ body: [UInt8]) -> PublishOutcome {
        if now < fullUntil { return .refused(Self.full) }
        let (outcome, isNew) =
            stream?.publish(
                subject, condition, messageID, body, time: UInt64(now) * 1_000_000,
                isConditional: fault != .noCompareAndSet) ?? (.unreached("no stream"), false)
        if isNew, case .stored(let sequence) = outcome {
            trace("stored \(subject) at \(sequence)")
            noteWrite()
            oracle.stored(subject, body, sequence)
            if subject.hasPrefix("ledger.revoked.") { wakeConsumers() }
        }
        return outcome
    }

    /// nil for a fence.
    func decode(_ record: StreamModel.Record) -> Revocation? {
        guard case .revoked(let id) = LedgerSubject.kind(of: record.subject) else { return nil }
        do throws(RecordError) {
            return try RevocationRecord.decode(record.body.rawSpan, id: id)
        } catch {
            violate("a record that cannot be read: \(error)")
            return nil
        }
    }

    // MARK: Decisions

    func flight(for token: Token, at replica: SimulatedReplica) -> RefreshInFlight {
        let clock = UnixTime(milliseconds: Self.epoch + now + Int64(replica.index) * 200)
        func fresh() -> UUIDv7 { UUIDv7(unixMilliseconds: clock.milliseconds, using: &random) }
        let successor = Successor(
            accessID: fresh(), refreshID: fresh(), accessExpiresAt: clock.seconds + 900, refreshExpiresAt: clock.seconds + 9_000)
        return RefreshInFlight(
            subject: [], authTime: clock.seconds, receivedAt: clock,
            revocationExpiresAt: UnixTime(milliseconds: .max / 2),
            redemption: Redemption(
                family: token.family, expectedRevision: token.revision, generation: token.generation, tokenID: token.id,
                redeemedAt: clock, successor: successor, expiresAt: UnixTime(milliseconds: .max / 2)))
    }

    func decide(_ flight: RefreshInFlight, _ outcome: RedeemOutcome) -> RefreshDecision {
        let decision = RefreshDecision(flight, outcome, lifetimes: Self.lifetimes)
        if fault == .graceForks, case .issue(let redemption, let revision) = decision, redemption != flight.redemption {
            return .issue(flight.redemption, revision: revision)
        }
        return decision
    }
}
