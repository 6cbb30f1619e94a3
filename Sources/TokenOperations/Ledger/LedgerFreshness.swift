package import Blacklist
import Synchronization

/// Until when what this replica knows of the ledger may be answered from, and since when the ledger knows what was redeemed.
///
/// Written by the ledger's thread, asked by every loop at every request: one load. A time and not a flag, so that a
/// replica whose ledger thread is stuck, or has lost its server, falls silent by itself.
package final class LedgerFreshness: Sendable {
    /// Monotonic nanoseconds; 0: nothing is known yet.
    private let until: Atomic<UInt64>
    /// Unix milliseconds.
    private let redeemedSince = Atomic<Int64>(0)

    private init(until: UInt64) {
        self.until = Atomic(until)
    }

    /// Nothing may be answered before the first `extend`.
    package convenience init() {
        self.init(until: 0)
    }

    /// Of a ledger that is the only one to write: what it knows is all there is.
    package static func unlimited() -> LedgerFreshness {
        LedgerFreshness(until: .max)
    }

    /// Acquiring: whoever finds it current also finds in the blacklists what was put there before it was extended.
    package func isCurrent(at now: UInt64) -> Bool {
        now <= until.load(ordering: .acquiring)
    }

    /// Releasing: see `isCurrent`. 0 ends it.
    package func extend(until time: UInt64) {
        until.store(time, ordering: .releasing)
    }

    /// Whether the ledger would know that a refresh token has been redeemed.
    ///
    /// Relaxed: whoever asks has found the ledger current, and finds with that what was stored before.
    ///
    /// - Parameter id: of the token: it holds the moment when the token was issued, more exactly than its `iat`.
    package func knowsRedemption(of id: UUIDv7) -> Bool {
        id.unixMilliseconds >= redeemedSince.load(ordering: .relaxed)
    }

    /// Of redemptions before this time the ledger may have lost the records. To be told before `extend`. By one thread; it only
    /// grows.
    package func loseRedemptions(before time: UnixTime) {
        guard time.milliseconds > redeemedSince.load(ordering: .relaxed) else { return }
        redeemedSince.store(time.milliseconds, ordering: .relaxed)
    }
}
