package import Blacklist
package import JOSE
internal import StrictJSON
package import TokenContract

/// verify_token: is this access token to be believed, and whose is it?
///
/// The way of a token that was seen before: cache, expiry, both blacklists, ready-made reply. Of a new one: header and
/// key, signature, claims, blacklists, and a place in the cache. Nothing waits, nothing locks.
package struct VerifyToken: ~Copyable {
    private var verifier: Verifier
    private let claimsPolicy: ClaimsPolicy
    private var families: Blacklist.Reader
    private var accessTokens: Blacklist.Reader
    private var cache: VerifiedTokenCache
    private let issuer: [UInt8]
    private var subject: [UInt8] = []
    private var ids: [UInt8] = []

    package init(
        keys: KeySet, policy: TokenPolicy, families: Blacklist, accessTokens: Blacklist, cacheSeed: UInt64
    ) throws(OperationsError) {
        verifier = try Verifier(accessTokens: keys)
        claimsPolicy = ClaimsPolicy(policy)
        self.families = Blacklist.Reader(families)
        self.accessTokens = Blacklist.Reader(accessTokens)
        cache = VerifiedTokenCache(seed: cacheSeed)
        issuer = Array(policy.issuer.utf8)
    }

    /// Appends the reply, and says for the counters what it was: nil for a good token.
    @discardableResult
    package mutating func verify(_ token: RawSpan, at now: UnixTime, into reply: inout [UInt8]) -> InvalidReason? {
        if let known = cache.lookup(token) {
            if let reason = standing(id: known.id, family: known.family, expiresAt: known.expiresAt, at: now) {
                return refuse(reason, into: &reply)
            }
            reply.append(cache.reply(of: known))
            return nil
        }
        let claims: Claims
        do throws(InvalidReason) {
            claims = try claimsPolicy.goodClaims(of: token, with: &verifier, at: now)
        } catch {
            return refuse(error, into: &reply)
        }
        // What the blacklists need is on its way while the reply is written and remembered.
        families.prefetch(claims.family)
        accessTokens.prefetch(claims.id)
        let start = reply.count
        encode(claims, into: &reply)
        cache.insert(
            token, reply: reply.rawSpan.extracting(start..<reply.count), expiresAt: claims.expiresAt, id: claims.id,
            family: claims.family)
        if isRevoked(id: claims.id, family: claims.family) {
            reply.removeSubrange(start...)
            return refuse(.revoked, into: &reply)
        }
        return nil
    }

    /// Between two batches of requests.
    package mutating func quiesce() {
        families.quiesce()
        accessTokens.quiesce()
    }

    /// What can change about a token that was good when it was first seen.
    private mutating func standing(id: UUIDv7, family: UUIDv7, expiresAt: Int64, at now: UnixTime) -> InvalidReason? {
        if claimsPolicy.isExpired(expiresAt: expiresAt, at: now) { return .expired }
        return isRevoked(id: id, family: family) ? .revoked : nil
    }

    private mutating func isRevoked(id: UUIDv7, family: UUIDv7) -> Bool {
        families.contains(family) || accessTokens.contains(id)
    }

    private mutating func encode(_ claims: borrowing Claims, into reply: inout [UInt8]) {
        subject.removeAll(keepingCapacity: true)
        verifier.unescape(claims.subject, into: &subject)
        ids.removeAll(keepingCapacity: true)
        claims.id.appendText(to: &ids)
        claims.family.appendText(to: &ids)
        let payload = VerifiedPayload(
            id: subject.rawSpan, jti: ids.rawSpan.extracting(0..<UUIDv7.textLength),
            sid: ids.rawSpan.extracting(UUIDv7.textLength..<2 * UUIDv7.textLength), iat: claims.issuedAt,
            exp: claims.expiresAt, iss: issuer.rawSpan)
        ResponseEncoder.valid(payload, into: &reply)
    }

    private func refuse(_ reason: InvalidReason, into reply: inout [UInt8]) -> InvalidReason {
        ResponseEncoder.invalid(reason, into: &reply)
        return reason
    }
}
