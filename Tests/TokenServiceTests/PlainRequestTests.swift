import Foundation
import JOSE
import StrictJSON
import TestSupport
import Testing
import TokenContract
import TokenOperations

@testable import TokenService

/// A request in the plain spelling is verified before it is decoded; nobody may be able to tell.
@Suite("Requests to verify are answered as if each had been decoded first")
struct PlainRequestTests {
    private static let requestCount = 6_000
    private static let limits = RequestLimits(maxRequestBytes: 1_200, maxIDBytes: 600, maxTokenBytes: 500)
    private static let now = UnixTime(seconds: 1_800_000_000)
    private static let pieces = [
        "\"", "\\", "\\u0061", "\\u002e", "{", "}", ":", ",", " ", "\n", ".", "-", "_", "=", "+", "/", "\u{1}", "ü", #"","x":""#,
        #","x":1"#, #""access_token":"#, #","access_token":"a.b.c""#, #""}"#, #"{"access_token":""#,
    ]

    /// A fresh seed for each run; `TEST_SEED` replays one.
    private static let seed: UInt64 = {
        let given = ProcessInfo.processInfo.environment["TEST_SEED"].flatMap { UInt64($0) }
        let seed = given ?? UInt64.random(in: 0...UInt64.max)
        print("PlainRequestTests: TEST_SEED=\(seed)")
        return seed
    }()

    /// Decodes, then verifies: with parts that the other side does not share, so neither remembers for the other.
    private struct Model: ~Copyable {
        var decoder: RequestDecoder
        var verify: VerifyToken

        mutating func answer(_ body: RawSpan) -> String {
            do throws(ServiceError) {
                try decoder.decode(.verifyToken, body)
            } catch {
                return "\(error.code) \(error.text)"
            }
            guard let token = decoder.value(.accessToken, in: body) else { return "no token" }
            var reply: [UInt8] = []
            verify.verify(token, at: PlainRequestTests.now, into: &reply)
            return String(decoding: reply, as: UTF8.self)
        }
    }

    private static func answer(_ operations: inout RequestRouter.Operations, _ body: RawSpan) -> String {
        var reply: [UInt8] = []
        do throws(ServiceError) {
            guard case .replied = try operations.perform(.verifyToken, body, at: now, into: &reply) else { return "waits" }
        } catch {
            return "\(error.code) \(error.text)"
        }
        return String(decoding: reply, as: UTF8.self)
    }

    private static func mutate(_ bytes: inout [UInt8], _ random: inout SeededGenerator) {
        // Half of the time near an end, where what is not the token lies.
        let place =
            Bool.random(using: &random)
            ? Int.random(in: 0..<bytes.count, using: &random)
            : [Int.random(in: 0..<20, using: &random), bytes.count - Int.random(in: 1...4, using: &random)]
                .randomElement(using: &random).map { min(max($0, 0), bytes.count - 1) } ?? 0
        let piece = Array((pieces.randomElement(using: &random) ?? "").utf8)
        switch Int.random(in: 0..<6, using: &random) {
        case 0: bytes.remove(at: place)
        case 1: bytes.insert(contentsOf: piece, at: place)
        case 2: bytes.replaceSubrange(place..<min(bytes.count, place + piece.count), with: piece)
        case 3: bytes[place] = UInt8.random(in: 0...255, using: &random)
        // One character of the token spelled as an escape: the same token to whoever reads JSON.
        case 4 where bytes[place] < 0x80:
            bytes.replaceSubrange(place...place, with: Array(String(format: "\\u%04x", Int(bytes[place])).utf8))
        default: bytes.insert(contentsOf: repeatElement(UInt8(ascii: "A"), count: 300), at: place)
        }
    }

    @Test("Good tokens, old ones, forged ones, and whatever may be done to their requests")
    func mutated() throws {
        var settings = try ServiceConfiguration(Settings(flags: ["keys": "none", "algorithm": "HS256", "ledger": "memory"], environment: [:]))
        settings.limits = Self.limits
        let keys = try KeySet.generate([.hs256, .edDSA])
        let parts = try ReplicaParts(configuration: settings, keys: keys)
        var operations = try RequestRouter.Operations(parts)
        let strict = try ReplicaParts(configuration: settings, keys: keys)
        var model = Model(
            decoder: try RequestDecoder(limits: Self.limits),
            verify: try VerifyToken(
                keys: keys, policy: settings.policy, families: strict.families, accessTokens: strict.accessTokens, cachedTokens: 1_024,
                cacheSeed: 1))
        // By others' limits, so that some good tokens are too long for these.
        var generate = try GenerateTokens(
            keys: keys, algorithm: .hs256, policy: settings.policy, limits: .default, random: SeededGenerator(seed: Self.seed))

        var random = SeededGenerator(seed: Self.seed)
        var answers: [String: Int] = [:]
        for _ in 0..<Self.requestCount {
            var pair: [UInt8] = []
            let age = [0, 0, 0, 1_000_000].randomElement(using: &random) ?? 0
            let issued = UnixTime(seconds: Self.now.seconds - Int64(age))
            let id = String(repeating: "u", count: [4, 40, 150].randomElement(using: &random) ?? 4)
            try generate.generate(id: Array(id.utf8).rawSpan, at: issued, into: &pair)
            let parts = pair.split(separator: UInt8(ascii: "\""))
            let token = parts[Bool.random(using: &random) ? 3 : [3, 3, 3, 7].randomElement(using: &random) ?? 3]
            var body = Array(#"{"access_token":"#.utf8) + (Bool.random(using: &random) ? [UInt8(ascii: " ")] : [])
            body += [UInt8(ascii: "\"")] + token + Array("\"}".utf8)
            for _ in 0..<Int.random(in: 0...2, using: &random) where !body.isEmpty { Self.mutate(&body, &random) }
            // Twice, so that the second is answered from memory where it can be.
            for _ in 0..<2 {
                let expected = model.answer(body.rawSpan)
                let found = Self.answer(&operations, body.rawSpan)
                guard found == expected else {
                    Issue.record("TEST_SEED=\(Self.seed): \(String(decoding: body, as: UTF8.self).debugDescription): \(found) instead of \(expected)")
                    return
                }
                answers[String(expected.prefix { $0 != "," }), default: 0] += 1
            }
        }
        // Good, refused for what the token is, refused for what the request is: else too little was tried.
        let kinds = answers.keys.joined(separator: "\n")
        #expect(answers[#"{"valid":true"#, default: 0] > Self.requestCount / 5, "\(answers)")
        #expect(answers[#"{"valid":false"#, default: 0] > Self.requestCount / 5, "\(answers)")
        #expect(kinds.contains("badRequest") && kinds.contains("tooLarge"), "\(answers)")
    }
}
