package import Blacklist
import Synchronization

/// A ledger in this process's memory: for one replica, until it stops. For tests and for a first look.
///
/// It keeps every promise of `Ledger` but durability. One mutex; the completion runs on the caller's thread after the
/// mutex is released.
package final class MemoryLedger: Ledger {
    /// Families held at the most. At the bound a redemption is refused as unavailable: to forget a family would let its
    /// refresh token be redeemed twice.
    package static let defaultCapacity = 1_000_000
    /// Expired records are looked for once in this many writes, so that a write costs the same on average at any size.
    private static let writesPerSweep = 65_536

    private struct Family {
        var record: FamilyRecord
        var revision: UInt64
        var expiresAt: UnixTime
    }

    private struct State: ~Copyable {
        var families: [UUIDv7: Family] = [:]
        var lastRevision: UInt64 = 0
        var writesSinceSweep = 0
        let revokedFamilies: Blacklist.Writer
        let revokedAccessTokens: Blacklist.Writer

        mutating func sweep(at now: UnixTime) {
            writesSinceSweep += 1
            guard writesSinceSweep >= MemoryLedger.writesPerSweep else { return }
            writesSinceSweep = 0
            families = families.filter { $0.value.expiresAt > now }
            revokedFamilies.removeExpired(at: now.milliseconds)
            revokedAccessTokens.removeExpired(at: now.milliseconds)
        }
    }

    private let state: Mutex<State>
    private let capacity: Int

    package init(revokedFamilies: Blacklist, revokedAccessTokens: Blacklist, capacity: Int = MemoryLedger.defaultCapacity) {
        self.capacity = capacity
        state = Mutex(
            State(
                revokedFamilies: Blacklist.Writer(revokedFamilies),
                revokedAccessTokens: Blacklist.Writer(revokedAccessTokens)))
    }

    package func redeem(_ redemption: Redemption, completion: @escaping @Sendable (RedeemOutcome) -> Void) {
        let outcome = state.withLock { state -> RedeemOutcome in
            state.sweep(at: redemption.redeemedAt)
            let held = state.families[redemption.family]
            guard held?.revision ?? 0 == redemption.expectedRevision else { return .conflict(held?.record) }
            guard held != nil || state.families.count < capacity else {
                return .unavailable("the memory ledger is full: it holds \(capacity) families")
            }
            state.lastRevision += 1
            state.families[redemption.family] = Family(
                record: .redeemed(redemption, revision: state.lastRevision), revision: state.lastRevision,
                expiresAt: redemption.expiresAt)
            return .redeemed(revision: state.lastRevision)
        }
        completion(outcome)
    }

    package func revoke(
        _ revocations: [Revocation], at now: UnixTime, completion: @escaping @Sendable (RevokeOutcome) -> Void
    ) {
        let outcome = state.withLock { state -> RevokeOutcome in
            state.sweep(at: now)
            for revocation in revocations {
                do throws(BlacklistError) {
                    switch revocation.kind {
                    case .family:
                        try state.revokedFamilies.insert(revocation.id, expiresAt: revocation.expiresAt.milliseconds)
                        state.lastRevision += 1
                        state.families[revocation.id] = Family(
                            record: .revoked, revision: state.lastRevision, expiresAt: revocation.expiresAt)
                    case .accessToken:
                        try state.revokedAccessTokens.insert(revocation.id, expiresAt: revocation.expiresAt.milliseconds)
                    }
                } catch {
                    return .unavailable(error.description)
                }
            }
            return .revoked
        }
        completion(outcome)
    }
}
