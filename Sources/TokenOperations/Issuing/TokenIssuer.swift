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

    /// What a refresh token can grow by in its family's life: `gen` and `rev` start with a digit each and end with at
    /// most 19 and 20, which base64url makes 50 bytes. Reserved at the first issue, so that no family reaches a point
    /// at which its next token would be too large to be taken back.
    static let refreshGrowthBytes = 50
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

    /// Appends the reply `{"access_token":…,"refresh_token":…}`.
    ///
    /// - Throws: 413 when a token would be larger than this service takes back, 500 when signing fails.
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
        try checkSize(firstOfFamily: pair.generation == 0)
        ResponseEncoder.tokenPair(access: access.rawSpan, refresh: refresh.rawSpan, into: &reply)
    }

    private static func sign(
        _ payload: [UInt8], with signer: inout Signer, into token: inout [UInt8]
    ) throws(JOSEError) {
        try signer.sign(payload: payload.rawSpan, into: &token)
    }

    /// Nothing is issued that would not be taken back.
    private func checkSize(firstOfFamily: Bool) throws(ServiceError) {
        let refreshBytes = refresh.count + (firstOfFamily ? Self.refreshGrowthBytes : 0)
        let largest = max(access.count, refreshBytes)
        guard largest <= limits.maxTokenBytes else {
            throw ServiceError(
                .tooLarge, "id: with its escapes it makes a token of \(largest) bytes; the limit is \(limits.maxTokenBytes)")
        }
        guard limits.admitsPair(accessBytes: access.count, refreshBytes: refreshBytes) else {
            throw ServiceError(
                .tooLarge,
                "id: with its escapes it makes tokens of \(access.count + refreshBytes) bytes, too many to be blacklisted in one request of \(limits.maxRequestBytes)")
        }
    }
}
