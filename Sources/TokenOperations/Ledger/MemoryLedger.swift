package import Blacklist
import Synchronization

/// A ledger in this process's memory: for one replica, until it stops. For tests and for a first look.
///
/// What has expired is dropped by the time that requests bring with them, as the wall clock told it: a clock that jumps
/// ahead for a moment can so cost records that are still needed. The ledger in JetStream goes by its server's clock.
///
/// It keeps every promise of `Ledger` but durability. One mutex; the completion runs on the caller's thread after the
/// mutex is released.
package final class MemoryLedger: Ledger {
    /// Families held at the most, redeemed or revoked. At the bound a request is refused as unavailable: to forget a
    /// family would let its refresh token be redeemed twice.
    package static let defaultCapacity = 1_000_000

    package let freshness = LedgerFreshness.unlimited()
    private let state: Mutex<State>

    package init(
        revokedFamilies: Blacklist, revokedAccessTokens: Blacklist, capacity: Int = MemoryLedger.defaultCapacity
    ) {
        state = Mutex(
            State(
                capacity: capacity,
                revokedFamilies: Blacklist.Writer(revokedFamilies),
                revokedAccessTokens: Blacklist.Writer(revokedAccessTokens)))
    }

    package func redeem(_ redemption: Redemption, completion: @escaping @Sendable (RedeemOutcome) -> Void) {
        completion(state.withLock { $0.redeem(redemption) })
    }

    package func revoke(
        _ revocations: [Revocation], at now: UnixTime, completion: @escaping @Sendable (RevokeOutcome) -> Void
    ) {
        completion(state.withLock { $0.revoke(revocations, at: now) })
    }
}

/// What the mutex guards.
extension MemoryLedger {
    struct State: ~Copyable {
        /// Expired records are looked for once in this many writes, so that a write costs the same on average at any
        /// size; and when something would have to be refused for want of room, at most once a second.
        static let writesPerSweep = 65_536

        struct Family {
            var record: FamilyRecord
            var revision: UInt64
            var expiresAt: UnixTime
        }

        let capacity: Int
        private var revokedFamilies: Blacklist.Writer
        private var revokedAccessTokens: Blacklist.Writer
        private var families: [UUIDv7: Family] = [:]
        private var lastRevision: UInt64 = 0
        private var writesSinceSweep = 0
        private var lastSweep = UnixTime(milliseconds: .min)
        /// Before this moment a sweep would find nothing; a stranger's requests must not make it look in vain.
        private var nextExpiry = UnixTime(milliseconds: .max)

        init(
            capacity: Int, revokedFamilies: consuming Blacklist.Writer, revokedAccessTokens: consuming Blacklist.Writer
        ) {
            self.capacity = capacity
            self.revokedFamilies = revokedFamilies
            self.revokedAccessTokens = revokedAccessTokens
        }

        mutating func redeem(_ redemption: Redemption) -> RedeemOutcome {
            let now = redemption.redeemedAt
            sweepOnceInAWhile(at: now)
            let held = families[redemption.family]
            guard held?.revision ?? 0 == redemption.expectedRevision else { return .conflict(held?.record) }
            guard hasRoom(for: redemption.family, at: now) else { return .unavailable(full) }
            lastRevision += 1
            nextExpiry = min(nextExpiry, redemption.expiresAt)
            families[redemption.family] = Family(
                record: .redeemed(redemption, revision: lastRevision), revision: lastRevision,
                expiresAt: redemption.expiresAt)
            return .redeemed(revision: lastRevision)
        }

        mutating func revoke(_ revocations: [Revocation], at now: UnixTime) -> RevokeOutcome {
            sweepOnceInAWhile(at: now)
            for revocation in revocations {
                if let trouble = revoke(revocation, at: now) { return .unavailable(trouble) }
            }
            return .revoked
        }

        /// What stands in the way, or nil when it is done.
        private mutating func revoke(_ revocation: Revocation, at now: UnixTime) -> String? {
            if revocation.kind == .family, !hasRoom(for: revocation.id, at: now) { return full }
            do throws(BlacklistError) {
                try insert(revocation)
            } catch {
                guard sweepForRoom(at: now) else { return error.description }
                do throws(BlacklistError) {
                    try insert(revocation)
                } catch {
                    return error.description
                }
            }
            nextExpiry = min(nextExpiry, revocation.expiresAt)
            if revocation.kind == .family {
                lastRevision += 1
                families[revocation.id] = Family(
                    record: .revoked, revision: lastRevision, expiresAt: revocation.expiresAt)
            }
            return nil
        }

        private mutating func insert(_ revocation: Revocation) throws(BlacklistError) {
            let expiresAt = revocation.expiresAt.milliseconds
            switch revocation.kind {
            case .family: try revokedFamilies.insert(revocation.id, expiresAt: expiresAt)
            case .accessToken: try revokedAccessTokens.insert(revocation.id, expiresAt: expiresAt)
            }
        }

        private var full: String { "the memory ledger is full: it holds \(capacity) families" }

        private mutating func hasRoom(for family: UUIDv7, at now: UnixTime) -> Bool {
            if families.count < capacity || families[family] != nil { return true }
            return sweepForRoom(at: now) && families.count < capacity
        }

        private mutating func sweepOnceInAWhile(at now: UnixTime) {
            writesSinceSweep += 1
            if writesSinceSweep >= Self.writesPerSweep { sweep(at: now) }
        }

        /// Nothing is refused for the sake of what has expired. False when there is nothing, or when it was looked for
        /// in this second already.
        private mutating func sweepForRoom(at now: UnixTime) -> Bool {
            guard nextExpiry <= now, now.seconds != lastSweep.seconds else { return false }
            sweep(at: now)
            return true
        }

        private mutating func sweep(at now: UnixTime) {
            writesSinceSweep = 0
            lastSweep = now
            families = families.filter { $0.value.expiresAt > now }
            nextExpiry = families.values.map(\.expiresAt).min() ?? UnixTime(milliseconds: .max)
            revokedFamilies.removeExpired(at: now.milliseconds)
            revokedAccessTokens.removeExpired(at: now.milliseconds)
        }
    }
}
