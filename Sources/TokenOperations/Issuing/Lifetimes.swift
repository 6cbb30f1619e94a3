internal import Blacklist

/// The times of a pair and of its family, out of the policy. In seconds; all sums are clamped.
struct Lifetimes: Sendable {
    private let policy: TokenPolicy

    init(_ policy: TokenPolicy) {
        self.policy = policy
    }

    /// Fresh ids, and expiry times that never pass the family's end.
    func successor(authTime: Int64, at now: UnixTime, using random: inout any RandomNumberGenerator) -> Successor {
        let end = familyEnd(authTime: authTime)
        return Successor(
            accessID: UUIDv7(unixMilliseconds: now.milliseconds, using: &random),
            refreshID: UUIDv7(unixMilliseconds: now.milliseconds, using: &random),
            accessExpiresAt: min(now.seconds.addingClamped(policy.accessLifetime), end),
            refreshExpiresAt: min(now.seconds.addingClamped(policy.refreshIdleLifetime), end))
    }

    /// When a family that began at `authTime` is over, whatever its tokens say.
    func familyEnd(authTime: Int64) -> Int64 {
        authTime.addingClamped(policy.familyLifetime)
    }

    /// Until when records of a family matter: its end, and for as long as a reader may take its tokens after that.
    func familyRecordExpiry(authTime: Int64) -> UnixTime {
        UnixTime(seconds: familyEnd(authTime: authTime).addingClamped(recordMargin))
    }

    /// Until when the revocation of a token with this `exp` matters.
    func tokenRecordExpiry(expiresAt: Int64) -> UnixTime {
        UnixTime(seconds: expiresAt.addingClamped(recordMargin))
    }

    /// The longest leeway that a reader may grant, for it can be raised at any time; and this one, because two clocks are
    /// involved.
    private var recordMargin: Int64 { TokenPolicy.longestLeeway + policy.leeway }

    /// Until when the revocation of a family matters, of which a refresh token with this `exp` was issued. A lifetime
    /// that was lowered since does not shorten what was issued before, so the token's own expiry counts as well.
    func revocationExpiry(authTime: Int64, refreshExpiresAt: Int64) -> UnixTime {
        max(familyRecordExpiry(authTime: authTime), tokenRecordExpiry(expiresAt: refreshExpiresAt))
    }

    /// The grace period ends this long after a rotation (RFC 9700 leaves room for it in section 4.14.2).
    func isWithinGrace(redeemedAt: UnixTime, at now: UnixTime) -> Bool {
        now.milliseconds <= redeemedAt.milliseconds.addingClamped(policy.refreshGrace * 1_000)
    }
}
