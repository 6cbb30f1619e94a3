import NATSTransport
import StrictJSON
import Synchronization
import TokenOperations

/// What the stream has lost, on its way back into it.
extension LedgerLoop {
    func repair(_ event: RepairEvent) {
        for action in repairing.handle(event, now: now) { perform(action) }
    }

    private func perform(_ action: RepairAction) {
        switch action {
        case .askForEpoch: ask(.epoch, for: .repairing(action))
        case .writeEpoch(let epoch, let sequence): ask(.writeEpoch(epoch, expecting: sequence), for: .repairing(action))
        case .publish(let reason):
            counters.losses.add(1, ordering: .relaxed)
            republisher.start(now: now)
            follow(.republishing)
            onEvent(.republishing(reason))
        case .report(RepairTrouble.lost): onEvent(.lostForGood(RepairTrouble.lost))
        case .report(let trouble): tell(trouble)
        }
    }

    func answered(_ action: RepairAction, _ body: RawSpan) {
        guard action == .askForEpoch else { return repair(.written(JetStreamReply.published(body))) }
        do throws(JetStreamError) {
            let last = following.phase == .following ? following.applied?.position.sequence ?? 0 : nil
            repair(.epoch(try JetStreamReply.epoch(body), lastRevocation: last))
        } catch {
            tell("the ledger cannot be repaired: \(error)")
            repair(.failed)
        }
    }

    func republish() {
        for (run, outcome) in republishOutcomes.take() ?? [] { republisher.finished(run: run, outcome, now: now) }
        guard mayRepublish, republisher.isAtWork, let time = expiryTime else { return }
        if let batch = republisher.next(of: writer, unexpiredAt: time, now: now) {
            let (outcomes, run) = (republishOutcomes, batch.run)
            desk.revoke(batch.revocations, areInForce: true, now: now) { outcomes.put((outcomes.take() ?? []) + [(run, $0)]) }
        } else if let stored = republisher.takeEnded() {
            counters.republished.add(stored, ordering: .relaxed)
            onEvent(.republished(stored))
            repair(.published)
        }
    }

    var mayRepair: Bool { session != nil && starting.phase == .ready }

    var mayRepublish: Bool { mayRepair && expiryTime != nil }
}
