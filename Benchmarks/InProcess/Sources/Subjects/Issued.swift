internal import Blacklist
internal import JOSE
internal import StrictJSON
internal import TokenContract
internal import TokenOperations

/// The operations with a key of one algorithm, and tokens that they have issued.
struct Issued: ~Copyable {
    var generate: GenerateTokens
    var verify: VerifyToken
    var refresh: RefreshTokens
    let tokens: [[UInt8]]
    let refreshToken: [UInt8]
    var requests: Requests

    init(_ algorithm: SignatureAlgorithm, at now: UnixTime) throws {
        let keys = try KeySet.generate(algorithm == .hs256 ? [.hs256] : [algorithm, .hs256])
        let policy = TokenPolicy()
        let random = SecureRandomNumberGenerator()
        let (families, accessTokens) = (Blacklist(), Blacklist())
        var generate = try GenerateTokens(
            keys: keys, algorithm: algorithm, policy: policy, limits: .default, random: random)
        let verify = try VerifyToken(
            keys: keys, policy: policy, families: families, accessTokens: accessTokens, cachedTokens: 16_384,
            cacheSeed: random.next())
        let refresh = try RefreshTokens(
            keys: keys, algorithm: algorithm, policy: policy, limits: .default, families: families,
            freshness: .unlimited(), random: random)
        var tokens: [[UInt8]] = []
        var refreshToken: [UInt8] = []
        let id = Array("42".utf8)
        for _ in 0..<Subjects.newTokens {
            var reply: [UInt8] = []
            try generate.generate(id: id.rawSpan, at: now, into: &reply)
            let quoted = reply.split(separator: UInt8(ascii: "\""))
            tokens.append(Array(quoted[3]))
            refreshToken = Array(quoted[7])
        }
        self.generate = generate
        self.verify = verify
        self.refresh = refresh
        self.tokens = tokens
        self.refreshToken = refreshToken
        requests = Requests(tokens)
    }
}
