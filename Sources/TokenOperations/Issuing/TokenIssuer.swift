internal import Blacklist
package import JOSE
internal import StrictJSON
package import TokenContract

/// Signs pairs of tokens and writes the reply that carries them. One a loop: its contexts and buffers are reused.
///
/// Access tokens are signed with the configured algorithm; refresh tokens are always HMAC, because only this service
/// reads them: half the signing cost, and no published key can check them.
package struct TokenIssuer: ~Copyable {
    /// `typ` of an access token (RFC 9068, section 2.1).
    package static let accessType = "at+jwt"
    /// `typ` of a refresh token; no RFC names one, the form follows RFC 9068's.
    package static let refreshType = "rt+jwt"

    private var accessSigner: Signer
    private var refreshSigner: Signer
    private let claims: ClaimsWriter
    private let limits: RequestLimits
    private var payload: [UInt8] = []
    private var access: [UInt8] = []
    private var refresh: [UInt8] = []

    package init(
        keys: KeySet, algorithm: SignatureAlgorithm, policy: TokenPolicy, limits: RequestLimits
    ) throws(OperationsError) {
        guard let accessKey = keys.signingKey(algorithm) else { throw .noSigningKey(algorithm) }
        guard let refreshKey = keys.signingKey(.hs256) else { throw .noSigningKey(.hs256) }
        let access = try Signer(issuing: Self.accessType, with: accessKey)
        let refresh = try Signer(issuing: Self.refreshType, with: refreshKey)
        accessSigner = access
        refreshSigner = refresh
        claims = ClaimsWriter(issuer: policy.issuer)
        self.limits = limits
    }

    /// - Throws: when not even the shortest id would fit into the limits.
    mutating func checkLimits() throws(OperationsError) {
        let shortest: [UInt8] = [UInt8(ascii: "x")]
        if let size = oversize(subject: shortest.rawSpan) { throw .nothingFits(size) }
    }

    /// Appends the reply `{"access_token":…,"refresh_token":…}`.
    ///
    /// - Throws: 500 when signing fails. Sizes are to be asked for before.
    mutating func issue(_ pair: PairClaims, subject: RawSpan, into reply: inout [UInt8]) throws(ServiceError) {
        do throws(JOSEError) {
            payload.removeAll(keepingCapacity: true)
            access.removeAll(keepingCapacity: true)
            claims.appendAccess(pair, subject: subject, to: &payload)
            try Self.sign(payload, with: &accessSigner, into: &access)

            payload.removeAll(keepingCapacity: true)
            refresh.removeAll(keepingCapacity: true)
            claims.appendRefresh(pair, subject: subject, to: &payload)
            try Self.sign(payload, with: &refreshSigner, into: &refresh)
        } catch {
            throw ServiceError(.internalError, "signing failed: \(error)")
        }
        ResponseEncoder.tokenPair(access: access.rawSpan, refresh: refresh.rawSpan, into: &reply)
    }

    private static func sign(
        _ payload: [UInt8], with signer: inout Signer, into token: inout [UInt8]
    ) throws(JOSEError) {
        try signer.sign(payload: payload.rawSpan, into: &token)
    }

    /// Nothing is issued that would not be taken back, and nothing is redeemed for it either: to be asked before the
    /// ledger is. The answer is the same for all of a family's life, because `gen` and `rev` are taken at their longest.
    ///
    /// - Throws: 413, when a token with this subject would be larger than this service takes.
    mutating func checkSize(subject: RawSpan) throws(ServiceError) {
        guard let size = oversize(subject: subject) else { return }
        throw ServiceError(.tooLarge, "'id' is too long once it is escaped: it makes \(size)")
    }

    /// In words; nil when both tokens fit, each by itself and together in one request to be blacklisted.
    private mutating func oversize(subject: RawSpan) -> String? {
        payload.removeAll(keepingCapacity: true)
        claims.appendAccess(.longest, subject: subject, to: &payload)
        let accessBytes = accessSigner.encodedLength(payloadBytes: payload.count)
        payload.removeAll(keepingCapacity: true)
        claims.appendRefresh(.longest, subject: subject, to: &payload)
        let refreshBytes = refreshSigner.encodedLength(payloadBytes: payload.count)
        if limits.admitsPair(accessBytes: accessBytes, refreshBytes: refreshBytes) { return nil }
        let largest = max(accessBytes, refreshBytes)
        let room = limits.maxRequestBytes
        return largest > limits.maxTokenBytes
            ? "a token of \(largest) bytes, and the limit is \(limits.maxTokenBytes)"
            : "tokens of \(accessBytes + refreshBytes) bytes, which do not fit into one request of \(room) to blacklist them"
    }
}

extension PairClaims {
    /// Every number as long as it can get.
    fileprivate static let longest: PairClaims = {
        var zero = ZeroGenerator()
        let id = UUIDv7(unixMilliseconds: 0, using: &zero)
        return PairClaims(
            family: id, authTime: longestTime, issuedAt: longestTime, generation: .max, revision: .max,
            successor: Successor(
                accessID: id, refreshID: id, accessExpiresAt: longestTime, refreshExpiresAt: longestTime))
    }()

    /// Eleven digits: up to the year 5138.
    private static let longestTime: Int64 = 99_999_999_999
}

/// For an id of which only the length matters.
private struct ZeroGenerator: RandomNumberGenerator {
    mutating func next() -> UInt64 { 0 }
}
