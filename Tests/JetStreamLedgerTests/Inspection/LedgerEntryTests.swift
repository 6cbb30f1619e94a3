import Blacklist
import StrictJSON
import TestSupport
import Testing
import TokenOperations

@testable import JetStreamLedger

@Suite("Records are shown as what they are, on one line, with nothing of a token and nothing that a terminal obeys")
struct LedgerEntryTests {
    /// 2026-11-22T18:38:41.420Z
    private static let stored: Int64 = 1_795_372_721_420
    private let now = UnixTime(milliseconds: stored + 60_000)
    private let ids: [UUIDv7] = {
        var random = SeededGenerator(seed: 1)
        return (0..<4).map { _ in UUIDv7(unixMilliseconds: stored, using: &random) }
    }()

    private func entry(_ subject: String, _ body: [UInt8]) -> LedgerEntry {
        LedgerEntry(subject: subject, sequence: 7, time: UInt64(Self.stored) * 1_000_000 + 999_999, body: body.rawSpan)
    }

    private func text(_ entry: LedgerEntry) -> String {
        var bytes: [UInt8] = []
        entry.appendText(at: now, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    private func json(_ entry: LedgerEntry) -> String {
        var bytes: [UInt8] = []
        entry.appendJSON(at: now, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    private var redemption: Redemption {
        Redemption(
            family: ids[0], expectedRevision: 0, generation: 3, tokenID: ids[1], redeemedAt: UnixTime(milliseconds: Self.stored),
            successor: Successor(
                accessID: ids[2], refreshID: ids[3], accessExpiresAt: Self.stored / 1_000 + 900,
                refreshExpiresAt: Self.stored / 1_000 + 86_400),
            expiresAt: UnixTime(milliseconds: Self.stored + 86_400_000 * 2))
    }

    @Test("A revocation")
    func revocation() {
        let revocation = Revocation(
            kind: .accessToken, id: ids[0], expiresAt: UnixTime(milliseconds: Self.stored + 3_660_000), reason: .reused)
        let entry = entry(LedgerSubject.revoked(ids[0]), RevocationRecord.encode(revocation))
        #expect(entry.content == .revocation(revocation))
        #expect(
            text(entry)
                == "           7  2026-11-22T18:38:41Z  2026-11-22T19:39:41Z  1 h          revoked   access \(ids[0].text) reused\n")
        #expect(
            json(entry) == """
                {"sequence":7,"stored_at":"2026-11-22T18:38:41.420Z","subject":"ledger.revoked.\(ids[0].text)",\
                "type":"revocation","kind":"access_token","id":"\(ids[0].text)","reason":"reused",\
                "expires_at":"2026-11-22T19:39:41.420Z","expired":false}

                """)
    }

    @Test("A redemption")
    func redeemed() {
        let entry = entry(LedgerSubject.redeemed(ids[0]), RedemptionRecord.encode(redemption))
        #expect(entry.content == .redemption(redemption))
        #expect(
            text(entry).hasSuffix(
                "1 d 23 h     redeemed  family \(ids[0].text) generation 3, for access \(ids[2].text) refresh \(ids[3].text)\n"))
        #expect(
            json(entry) == """
                {"sequence":7,"stored_at":"2026-11-22T18:38:41.420Z","subject":"ledger.redeemed.\(ids[0].text)",\
                "type":"redemption","family":"\(ids[0].text)","generation":3,"token_id":"\(ids[1].text)",\
                "redeemed_at":"2026-11-22T18:38:41.420Z","successor":{"access_id":"\(ids[2].text)",\
                "refresh_id":"\(ids[3].text)","access_expires_at":"2026-11-22T18:53:41.000Z",\
                "refresh_expires_at":"2026-11-23T18:38:41.000Z"},"expires_at":"2026-11-24T18:38:41.420Z","expired":false}

                """)
    }

    @Test("A probe and a fence do not expire; at its expiry a record has expired")
    func expiry() {
        let probe = entry(LedgerSubject.probe, [])
        #expect(text(probe).hasSuffix("Z  -                     -            probe\n"))
        #expect(text(entry(LedgerSubject.fence, [])).hasSuffix("  fence\n"))
        #expect(json(entry(LedgerSubject.fence, [])).contains(#""type":"fence","expires_at":null"#))
        #expect(json(probe).hasSuffix(#""type":"probe","expires_at":null,"expired":null}"# + "\n"))
        let revocation = Revocation(kind: .family, id: ids[0], expiresAt: now, reason: .blacklisted)
        let expired = entry(LedgerSubject.revoked(ids[0]), RevocationRecord.encode(revocation))
        #expect(text(expired).contains("  expired      revoked   family "))
        #expect(json(expired).contains(#""expired":true"#))
        let odd = Revocation(kind: .family, id: ids[0], expiresAt: UnixTime(milliseconds: .max), reason: .blacklisted)
        #expect(text(entry(LedgerSubject.revoked(ids[0]), RevocationRecord.encode(odd))).contains("\(Int64.max)"))
    }

    @Test(
        "What is not this service's is named, on one line",
        arguments: ["ledger.other", "ledger.revoked.x", "ledger.redeemed.\u{1b}[2J\n", "ledger.\u{202e}x\u{7f}"])
    func unreadable(subject: String) throws {
        let entry = entry(subject, Array("\u{1b}\n".utf8))
        guard case .unreadable = entry.content else {
            Issue.record("\(entry)")
            return
        }
        let line = text(entry)
        #expect(line.dropLast().allSatisfy { $0.isASCII && $0 >= " " && $0 != "\u{7f}" } && line.contains("NOT THIS SERVICE'S"))
        let object = Array(json(entry).utf8)
        var scanner = JSONScanner(object.rawSpan)
        try scanner.skipValue()
        try scanner.finish()
    }

    @Test("A redemption that a replica writes makes sense, one that none would write does not")
    func sense() {
        let stored = UnixTime(milliseconds: Self.stored)
        #expect(redemption.nonsense(storedAt: stored) == nil)
        var changed: [Redemption] = []
        func change(_ change: (inout Redemption) -> Void) {
            var redemption = redemption
            change(&redemption)
            changed.append(redemption)
        }
        change { $0.generation = -1 }
        change { $0.redeemedAt.milliseconds += 300_001 }
        change { $0.redeemedAt.milliseconds = .min }
        change { $0.tokenID = $0.successor.refreshID }
        change { $0.successor.accessID = $0.successor.refreshID }
        change { $0.successor.accessExpiresAt = 0 }
        change { $0.expiresAt = UnixTime(seconds: $0.successor.refreshExpiresAt - 1) }
        var random = SeededGenerator(seed: 2)
        change { $0.family = UUIDv7(unixMilliseconds: Self.stored + 300_001, using: &random) }
        for redemption in changed { #expect(redemption.nonsense(storedAt: stored) != nil, "\(redemption)") }
    }

    @Test(
        "Times are written as they are read",
        arguments: [
            (Int64(0), "1970-01-01T00:00:00.000Z"), (951_827_696_789, "2000-02-29T12:34:56.789Z"),
            (951_868_800_000, "2000-03-01T00:00:00.000Z"), (1_709_251_199_999, "2024-02-29T23:59:59.999Z"),
            (4_107_542_399_001, "2100-02-28T23:59:59.001Z"), (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
            (253_402_300_800_000, "253402300800000"), (-1, "-1"), (.min, "\(Int64.min)"),
        ])
    func times(milliseconds: Int64, text: String) {
        #expect(RFC3339.text(UnixTime(milliseconds: milliseconds), withMilliseconds: true) == text)
    }

    @Test("Every day of four centuries is written as it is read")
    func days() {
        for day in 0..<(400 * 366) {
            let time = UnixTime(seconds: Int64(day) * 86_400 + 1)
            let text = Array(RFC3339.text(time).utf8)
            // 64 bits of nanoseconds end in 2554.
            #expect(RFC3339.unixNanoseconds(text.rawSpan) == UInt64(time.seconds) * 1_000_000_000)
        }
    }

    @Test("Numbers for people")
    func numbers() {
        #expect(Wording.count(0) == "0" && Wording.count(999) == "999" && Wording.count(-1_234_567) == "-1,234,567")
        #expect(Wording.count(1, "record") == "1 record" && Wording.count(1_000, "entry", "entries") == "1,000 entries")
        #expect(Wording.bytes(999) == "999 B" && Wording.bytes(1_999) == "1.9 kB" && Wording.bytes(163_100_000) == "163.1 MB")
        #expect(Wording.duration(seconds: 0) == "0 s" && Wording.duration(seconds: 900) == "15 min")
        #expect(Wording.duration(seconds: 2_595_600) == "30 d 1 h" && Wording.duration(seconds: 86_399) == "23 h 59 min")
    }
}
