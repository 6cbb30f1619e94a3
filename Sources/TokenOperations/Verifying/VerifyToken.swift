package import Blacklist
package import JOSE
internal import StrictJSON
package import TokenContract

/// verify_token: is this access token to be believed, and whose is it?
///
/// The way of a token that was seen before: cache, expiry, both blacklists, ready-made reply. Of a new one: header and
/// key, signature, claims, blacklists, and a place in the cache. Nothing waits, nothing locks.
///
/// The first way is also open by itself (`find`, `standing`, `reply`), for callers that answer what is cheap at once and
/// let what is dear wait: it allocates nothing, and what it hands out is the cache's own memory. A token that was good and
/// is not any more goes it too: what has expired or was revoked needs no signature to be refused.
package struct VerifyToken: ~Copyable {
    private var verifier: Verifier
    private let claimsPolicy: ClaimsPolicy
    private var families: Blacklist.Reader
    private var accessTokens: Blacklist.Reader
    private var cache: VerifiedTokenCache
    /// The `kid`s of all keys that ever verified here; a position is what the cache knows a key by.
    private var keyIDs: [String]
    /// The same position for each of the verifier's keys.
    private var keyPositions: [Int]
    private let issuer: [UInt8]
    /// `"iss":"…"`
    private let issuerMember: [UInt8]
    private var subject: [UInt8] = []

    package init(
        keys: KeySet, policy: TokenPolicy, families: Blacklist, accessTokens: Blacklist, cachedTokens: Int,
        cacheSeed: UInt64
    ) throws(OperationsError) {
        verifier = try Verifier(accessTokens: keys)
        claimsPolicy = ClaimsPolicy(policy)
        self.families = Blacklist.Reader(families)
        self.accessTokens = Blacklist.Reader(accessTokens)
        cache = VerifiedTokenCache(capacity: cachedTokens, seed: cacheSeed)
        keyIDs = keys.keys.map(\.kid)
        keyPositions = Array(keyIDs.indices)
        issuer = Array(policy.issuer.utf8)
        var member: [UInt8] = []
        member.append(#""iss":"#)
        member.appendJSONString(Array(policy.issuer.utf8).rawSpan)
        issuerMember = member
    }

    /// Appends the reply, and says for the counters what it was: nil for a good token.
    @discardableResult
    package mutating func verify(_ token: RawSpan, at now: UnixTime, into reply: inout [UInt8]) -> InvalidReason? {
        if let known = find(token) {
            let reason = standing(of: known, at: now)
            reply.append(self.reply(to: known, reason))
            return reason
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
        remember(token, claims, reply: reply.rawSpan.extracting(start..<reply.count))
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

    /// From now on these keys count. What was verified with one that is gone is forgotten; all else stays known.
    package mutating func replaceKeys(_ keys: KeySet) throws(OperationsError) {
        verifier = try Verifier(accessTokens: keys)
        for (index, keyID) in keyIDs.enumerated() where !keys.keys.contains(where: { $0.kid == keyID }) {
            cache.drop(key: index)
        }
        keyPositions = keys.keys.map { key in
            if let known = keyIDs.firstIndex(of: key.kid) { return known }
            keyIDs.append(key.kid)
            return keyIDs.count - 1
        }
    }

    private mutating func remember(_ token: RawSpan, _ claims: borrowing Claims, reply: RawSpan) {
        guard let key = verifier.keyIndex else { return }
        let entry = VerifiedTokenCache.Entry(
            expiresAt: claims.expiresAt, id: claims.id, family: claims.family, key: keyPositions[key])
        cache.insert(token, entry, reply: reply)
    }

    private mutating func isRevoked(id: UUIDv7, family: UUIDv7) -> Bool {
        families.contains(family) || accessTokens.contains(id)
    }

    private mutating func encode(_ claims: borrowing Claims, into reply: inout [UInt8]) {
        if claims.isAsWritten {
            let payload = verifier.payload
            return ResponseEncoder.valid(
                plainID: claims.subject.bytes(in: payload), ids: claims.idMembers.bytes(in: payload),
                times: claims.timeMembers.bytes(in: payload), issuer: issuerMember.rawSpan, into: &reply)
        }
        subject.removeAll(keepingCapacity: true)
        if claims.subject.hasEscapes { verifier.unescape(claims.subject, into: &subject) }
        Self.encode(claims, of: verifier.payload, unescaped: subject.rawSpan, issuer.rawSpan, into: &reply)
    }

    private static func encode(
        _ claims: borrowing Claims, of token: RawSpan, unescaped subject: RawSpan, _ issuer: RawSpan,
        into reply: inout [UInt8]
    ) {
        let payload = VerifiedPayload(
            id: claims.subject.hasEscapes ? subject : claims.subject.bytes(in: token),
            jti: claims.idText.bytes(in: token), sid: claims.familyText.bytes(in: token), iat: claims.issuedAt,
            exp: claims.expiresAt, iss: issuer)
        ResponseEncoder.valid(payload, into: &reply)
    }

    private func refuse(_ reason: InvalidReason, into reply: inout [UInt8]) -> InvalidReason {
        reply.append(ResponseEncoder.invalid(reason))
        return reason
    }
}

/// A token that was verified before, by its place in the memory of `VerifyToken`. Good until its next `verify`.
package struct KnownToken {
    fileprivate let place: VerifiedTokenCache.Place
    fileprivate let entry: VerifiedTokenCache.Entry
}

extension VerifyToken {
    /// Nil when exactly these bytes were not verified before, or not lately.
    package mutating func find(_ token: RawSpan) -> KnownToken? {
        guard let place = cache.findLikely(token), let entry = cache.entry(at: place) else { return nil }
        // What `standing` will ask for, while the token is compared. Only fetched: asked it is then.
        families.prefetch(entry.family)
        accessTokens.prefetch(entry.id)
        guard cache.holds(token, at: place) else { return nil }
        return KnownToken(place: place, entry: entry)
    }

    /// What can change about a token that was good when it was first seen; nil when it still is.
    package mutating func standing(of known: KnownToken, at now: UnixTime) -> InvalidReason? {
        if claimsPolicy.isExpired(expiresAt: known.entry.expiresAt, at: now) { return .expired }
        return isRevoked(id: known.entry.id, family: known.entry.family) ? .revoked : nil
    }

    /// The reply to a known token of which `standing` has just said this, ready-made. Mutating, because what is borrowed of
    /// a variable may be copied for it, all 200 bytes.
    @_lifetime(&self)
    package mutating func reply(to known: KnownToken, _ standing: InvalidReason?) -> RawSpan {
        guard let standing else { return cache.reply(at: known.place) }
        return ResponseEncoder.invalid(standing).rawSpan
    }
}
