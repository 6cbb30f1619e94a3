import Blacklist
import Foundation
import StrictJSON
import TestSupport
import Testing

@testable import TokenOperations

/// The quick reader beside the strict one, on texts that a signature would never have let in.
@Suite("The reader of claims as they are written here reads what the strict reader reads, or nothing")
struct WrittenClaimsTests {
    private static let textCount = 30_000
    private static let issuer = "https://tokens.example/a"
    private static let pieces = [
        "\"", "\\", "\\u0061", "{", "}", ":", ",", " ", "\n", "0", "00", "1", "9", "-", "+", "e", ".", "a", "g", "A", "\u{1}", "\u{7f}",
        "ü", "null", "[]", #""iss":"#, #","nbf":1"#, #","iat":1800000000"#, #","sub":"42""#, #","x":{}"#,
    ]

    /// A fresh seed for each run; `TEST_SEED` replays one.
    private static let seed: UInt64 = {
        let given = ProcessInfo.processInfo.environment["TEST_SEED"].flatMap { UInt64($0) }
        let seed = given ?? UInt64.random(in: 0...UInt64.max)
        print("WrittenClaimsTests: TEST_SEED=\(seed)")
        return seed
    }()

    private static func id(_ random: inout SeededGenerator) throws -> UUIDv7 {
        try #require(
            UUIDv7(high: random.next() & ~0xf000 | 0x7000, low: random.next() & ~(0b11 << 62) | 0b10 << 62))
    }

    /// An access token's claims, as `ClaimsWriter` writes them.
    private static func claims(_ random: inout SeededGenerator, subject: String? = nil) throws -> [UInt8] {
        let now = Int64.random(in: 1_000_000_000...9_000_000_000, using: &random)
        let length = Int.random(in: 1...40, using: &random)
        let subject = subject ?? String((0..<length).map { _ in "ab0-_:.{},/ ".randomElement(using: &random) ?? "a" })
        let successor = Successor(
            accessID: try id(&random), refreshID: try id(&random), accessExpiresAt: now + 900, refreshExpiresAt: now + 90_000)
        let pair = PairClaims(
            family: try id(&random), authTime: now, issuedAt: now, generation: 0, revision: 0, successor: successor)
        var bytes: [UInt8] = []
        ClaimsWriter(issuer: issuer).appendAccess(pair, subject: Array(subject.utf8).rawSpan, to: &bytes)
        return bytes
    }

    private static func mutate(_ bytes: inout [UInt8], _ random: inout SeededGenerator) {
        let place = Int.random(in: 0..<bytes.count, using: &random)
        let piece = Array((pieces.randomElement(using: &random) ?? "").utf8)
        switch Int.random(in: 0..<7, using: &random) {
        case 0: bytes.remove(at: place)
        case 1: bytes.insert(contentsOf: piece, at: place)
        case 2: bytes.replaceSubrange(place..<min(bytes.count, place + piece.count), with: piece)
        case 3: bytes[place] = UInt8.random(in: 0...255, using: &random)
        case 4: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        case 5: bytes.swapAt(place, Int.random(in: 0..<bytes.count, using: &random))
        default:
            let end = min(bytes.count, place + Int.random(in: 1...20, using: &random))
            bytes.insert(contentsOf: bytes[place..<end], at: Int.random(in: 0...bytes.count, using: &random))
        }
    }

    /// What both make of a text: what the quick one read, and what is wrong with it.
    private static func compare(_ text: [UInt8]) -> (read: Claims?, difference: String?) {
        guard let quick = WrittenClaims(issuer: issuer).read(text.rawSpan) else { return (nil, nil) }
        guard let strict = try? Claims(payload: text.rawSpan) else { return (quick, "refused by the strict reader") }
        guard let name = strict.issuer, name.matches(Array(issuer.utf8).rawSpan, in: text.rawSpan) else {
            return (quick, "another issuer")
        }
        // What is passed on as it stands, spelled from what was read.
        let ids = #""jti":"\#(strict.id.text)","sid":"\#(strict.family.text)""#
        let times = #""iat":\#(strict.issuedAt),"exp":\#(strict.expiresAt)"#
        guard quick.isAsWritten, quick.idMembers.bytes(in: text.rawSpan).string == ids,
            quick.timeMembers.bytes(in: text.rawSpan).string == times
        else { return (quick, "members that are not \(ids) and \(times)") }
        var read = quick
        read.isAsWritten = strict.isAsWritten
        return (quick, "\(read)" == "\(strict)" ? nil : "\(read) instead of \(strict)")
    }

    @Test("Whatever is done to the text, what the quick reader takes is what the strict reader reads")
    func mutated() throws {
        var random = SeededGenerator(seed: Self.seed)
        var (taken, readable) = (0, 0)
        for _ in 0..<Self.textCount {
            var text = try Self.claims(&random)
            for _ in 0..<Int.random(in: 1...3, using: &random) where !text.isEmpty { Self.mutate(&text, &random) }
            let (read, difference) = Self.compare(text)
            if let difference {
                Issue.record("TEST_SEED=\(Self.seed): \(String(decoding: text, as: UTF8.self).debugDescription): \(difference)")
                return
            }
            if read != nil { taken += 1 }
            if (try? Claims(payload: text.rawSpan)) != nil { readable += 1 }
        }
        // Changes that nearly always, or hardly ever, leave claims behind would prove little.
        #expect((Self.textCount / 50...Self.textCount / 2).contains(taken), "TEST_SEED=\(Self.seed): \(taken) taken")
        #expect(readable > taken && readable < Self.textCount / 2, "TEST_SEED=\(Self.seed): \(readable) readable, \(taken) taken")
    }

    @Test("Every byte in every place")
    func everyByte() throws {
        var random = SeededGenerator(seed: 5)
        let text = try Self.claims(&random, subject: "42")
        for place in text.indices {
            for byte in UInt8.min...UInt8.max {
                var other = text
                other[place] = byte
                let difference = Self.compare(other).difference
                #expect(difference == nil, "\(byte) at \(place)")
            }
        }
    }

    @Test("What the writer writes is taken, as long as its subject needs no escape and no other alphabet")
    func written() throws {
        var random = SeededGenerator(seed: Self.seed)
        for _ in 0..<1_000 {
            let text = try Self.claims(&random)
            let (read, difference) = Self.compare(text)
            #expect(read != nil && difference == nil, "\(String(decoding: text, as: UTF8.self))")
        }
        for subject in ["\"", "a\\b", "ü", "\u{1}", "x\n"] {
            let text = try Self.claims(&random, subject: subject)
            #expect(Self.compare(text).read == nil, "\(subject)")
            #expect((try? Claims(payload: text.rawSpan)) != nil, "\(subject)")
        }
    }
}
