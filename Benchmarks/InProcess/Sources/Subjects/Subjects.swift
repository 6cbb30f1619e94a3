internal import Blacklist
internal import CReference
internal import JOSE
internal import StrictJSON
internal import TokenContract
internal import TokenOperations

/// Everything that is measured, set up and warm. One thread.
package struct Subjects: ~Copyable {
    /// So many more than the cache of known tokens holds that in turn each is new whenever it comes: to each set of eight
    /// come thirty between two turns of a token, and to hardly any fewer than eight.
    static let newTokens = 60_000
    /// Fewer than it holds.
    static let knownTokens = 256

    private let now = UnixTime(seconds: 1_800_000_000)
    private var edDSA: Issued
    private var hs256: Issued
    private var forged: Requests
    private var known: Requests
    private var decoder: RequestDecoder
    private let plain: PlainTokenRequest
    private var output: [UInt8] = []
    private let id = Array("42".utf8)

    package init() throws {
        var decoder = try RequestDecoder()
        let plain = PlainTokenRequest(&decoder)
        let edDSA = try Issued(.edDSA, at: now)
        let hs256 = try Issued(.hs256, at: now)
        let tokens = edDSA.tokens
        known = Requests(tokens.prefix(Self.knownTokens))
        forged = Requests(tokens.map(Self.forge))
        let flat = tokens.prefix(Self.knownTokens).flatMap { $0 }
        let length = flat.count / Self.knownTokens
        unsafe flat.withUnsafeBytes { unsafe reference_set_up($0.baseAddress, length, Self.knownTokens) }
        self.plain = plain
        self.decoder = decoder
        self.edDSA = edDSA
        self.hs256 = hs256
        for subject in Subject.allCases where subject != .verifyKnown { _ = run(subject, 2 * Self.knownTokens) }
    }

    /// Does it so many times, and says how many were good: all, or the figure means nothing.
    package mutating func run(_ subject: Subject, _ count: Int) -> Int {
        switch subject {
        case .verifyKnown: Self.verifyKnown(&edDSA.verify, &known, plain, now, &output, count)
        case .verifyNewEdDSA:
            Self.verifyNew(&edDSA.verify, &edDSA.requests, &decoder, plain, now, &output, count, expecting: nil)
        case .verifyNewHS256:
            Self.verifyNew(&hs256.verify, &hs256.requests, &decoder, plain, now, &output, count, expecting: nil)
        case .verifyForged:
            Self.verifyNew(&edDSA.verify, &forged, &decoder, plain, now, &output, count, expecting: .badSignature)
        case .generate: Self.generate(&edDSA.generate, id, now, &output, count)
        case .refresh: Self.refresh(&edDSA.refresh, edDSA.refreshToken, now, &output, count)
        case .opensslSign: reference_ed25519_sign(count)
        case .opensslVerify: reference_ed25519_verify(count)
        case .opensslHMAC: reference_hmac_sha256(count)
        case .floor: reference_known_token(count)
        }
    }

    /// Has the tokens of `verifyKnown` known again, after others may have taken their places.
    package mutating func warm() {
        Self.warm(&edDSA.verify, known, now, &output)
    }

    private static func warm(_ verify: inout VerifyToken, _ known: Requests, _ now: UnixTime, _ output: inout [UInt8]) {
        for index in 0..<known.count {
            output.removeAll(keepingCapacity: true)
            verify.verify(known.token(index), at: now, into: &output)
        }
    }

    private static func verifyKnown(
        _ verify: inout VerifyToken, _ known: inout Requests, _ plain: PlainTokenRequest, _ now: UnixTime,
        _ output: inout [UInt8], _ count: Int
    ) -> Int {
        var good = 0
        for _ in 0..<count {
            output.removeAll(keepingCapacity: true)
            known.advance()
            guard let token = plain.token(in: known.current), let found = verify.find(token),
                verify.standing(of: found, at: now) == nil
            else { continue }
            output.append(verify.reply(to: found, nil))
            good += 1
        }
        return good
    }

    /// As the service does it: looked for, verified, and when that refuses it decoded.
    private static func verifyNew(
        _ verify: inout VerifyToken, _ requests: inout Requests, _ decoder: inout RequestDecoder,
        _ plain: PlainTokenRequest, _ now: UnixTime, _ output: inout [UInt8], _ count: Int,
        expecting expected: InvalidReason?
    ) -> Int {
        var good = 0
        for _ in 0..<count {
            output.removeAll(keepingCapacity: true)
            requests.advance()
            let request = requests.current
            guard let token = plain.token(in: request), verify.find(token) == nil else { continue }
            let reason = verify.verify(token, at: now, into: &output)
            if reason != nil {
                guard (try? decoder.decode(.verifyToken, request)) != nil,
                    let decoded = decoder.value(.accessToken, in: request), decoded.equals(token)
                else { continue }
            }
            if reason == expected { good += 1 }
        }
        return good
    }

    private static func generate(
        _ generate: inout GenerateTokens, _ id: [UInt8], _ now: UnixTime, _ output: inout [UInt8], _ count: Int
    ) -> Int {
        var good = 0
        for _ in 0..<count {
            output.removeAll(keepingCapacity: true)
            if (try? generate.generate(id: id.rawSpan, at: now, into: &output)) != nil { good += 1 }
        }
        return good
    }

    private static func refresh(
        _ refresh: inout RefreshTokens, _ token: [UInt8], _ now: UnixTime, _ output: inout [UInt8], _ count: Int
    ) -> Int {
        var good = 0
        for _ in 0..<count {
            output.removeAll(keepingCapacity: true)
            guard let flight = try? refresh.begin(token.rawSpan, at: now),
                (try? refresh.redeemed(flight, .redeemed(revision: 1), into: &output)) == .replied
            else { continue }
            good += 1
        }
        return good
    }

    /// The same header and claims under another signature.
    private static func forge(_ token: [UInt8]) -> [UInt8] {
        var token = token
        for index in token.count - 20..<token.count - 4 { token[index] = token[index] == 0x41 ? 0x42 : 0x41 }
        return token
    }
}
