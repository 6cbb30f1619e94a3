import Blacklist
import StrictJSON
import TestSupport
import Testing
import TokenOperations

@testable import JetStreamLedger

@Suite("An audit counts what the service would make of every record, and says what is to be done")
struct LedgerAuditTests {
    private static let day: Int64 = 86_400_000
    private let now = UnixTime(milliseconds: 1_795_372_721_420)
    private let fits = StartVerdict(standing: .fits, problem: nil, remarks: [])
    private let ids: [UUIDv7] = {
        var random = SeededGenerator(seed: 1)
        return (0..<4).map { _ in UUIDv7(unixMilliseconds: 1_795_372_721_420, using: &random) }
    }()

    private func audit(_ start: StartVerdict? = nil, maxAgeDays: Int64 = 30, wantedDays: Int64 = 30) -> LedgerAudit {
        LedgerAudit(
            start: start ?? fits, maxAge: maxAgeDays * Self.day * 1_000_000, wanted: wantedDays * Self.day * 1_000_000, now: now)
    }

    private func entry(_ subject: String, _ body: [UInt8], sequence: UInt64 = 7) -> LedgerEntry {
        LedgerEntry(subject: subject, sequence: sequence, time: UInt64(now.milliseconds) * 1_000_000, body: body.rawSpan)
    }

    private func revocation(expiresInDays days: Int64, sequence: UInt64 = 7) -> LedgerEntry {
        let revocation = Revocation(
            kind: .family, id: ids[0], expiresAt: UnixTime(milliseconds: now.milliseconds + days * Self.day),
            reason: .blacklisted)
        return entry(LedgerSubject.revoked(ids[0]), RevocationRecord.encode(revocation), sequence: sequence)
    }

    private func text(_ audit: LedgerAudit) -> String {
        var bytes: [UInt8] = []
        audit.appendText(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    private func redemption(generation: Int64) -> LedgerEntry {
        let redemption = Redemption(
            family: ids[0], expectedRevision: 0, generation: generation, tokenID: ids[1], redeemedAt: now,
            successor: Successor(
                accessID: ids[2], refreshID: ids[3], accessExpiresAt: now.seconds + 900, refreshExpiresAt: now.seconds + 900),
            expiresAt: UnixTime(milliseconds: now.milliseconds + Self.day / 2))
        return entry(LedgerSubject.redeemed(ids[0]), RedemptionRecord.encode(redemption))
    }

    @Test("Sound records are counted by what they are and by when they expire")
    func sound() {
        var audit = audit(StartVerdict(standing: .fits, problem: nil, remarks: ["a remark"]))
        for days: Int64 in [-1, 0, 6, 20, 30] { audit.add(revocation(expiresInDays: days)) }
        audit.add(redemption(generation: 0))
        audit.add(entry(LedgerSubject.probe, []))
        audit.add(entry(LedgerSubject.fence, []))
        #expect(audit.standing == .fits)
        #expect(
            text(audit) == """
                records  5 revocations, 1 redemption, 0 epochs, 1 probe, 1 fence, 0 others
                expiry   2 expired, 0 within an hour, 1 within a day, 1 within a week, 2 later
                remark   a remark
                verdict  this configuration can serve this ledger

                """)
        var bytes: [UInt8] = []
        audit.appendJSON(to: &bytes)
        #expect(
            String(decoding: bytes, as: UTF8.self) == """
                {"verdict":"fits","problems":[],"remarks":["a remark"],"records":{"revocations":5,"redemptions":1,"epochs":0,"probes":1,\
                "fences":1,"unreadable":0,"outlived":0,"senseless":0},"expiry":{"expired":2,"within_hour":0,"within_day":1,\
                "within_week":1,"later":2},"complete":true}

                """)
    }

    @Test("A record that is not this service's is named; a million of them are counted, and ten named")
    func unreadable() {
        var audit = audit()
        for sequence: UInt64 in 1...1_000 { audit.add(entry("ledger.other", [], sequence: sequence)) }
        #expect(audit.standing == .doesNotFit)
        let text = text(audit)
        #expect(text.contains("problem  1,000 records: not this service's."))
        #expect(text.contains("           sequence 10, ledger.other: its subject") && !text.contains("sequence 11,"))
        #expect(text.contains("           and 990 more;"))
    }

    @Test("A record that the stream drops before it expires; unless `serve` raises max_age at its start")
    func outlived() {
        var short = audit(maxAgeDays: 10, wantedDays: 10)
        var raised = audit(maxAgeDays: 10, wantedDays: 30)
        var forEver = audit(maxAgeDays: 0, wantedDays: 30)
        for days: Int64 in [10, 11] {
            short.add(revocation(expiresInDays: days))
            raised.add(revocation(expiresInDays: days))
            forEver.add(revocation(expiresInDays: days))
        }
        #expect(short.standing == .doesNotFit && short.outlived.count == 1)
        #expect(raised.standing == .fits && forEver.standing == .fits)
    }

    @Test("A redemption without sense")
    func senseless() {
        var audit = audit()
        audit.add(redemption(generation: -3))
        #expect(audit.standing == .doesNotFit && text(audit).contains("its generation is -3"))
    }

    @Test("What keeps `serve` from starting counts, and records that could not be read are not known to be sound")
    func verdicts() {
        let refused = StartVerdict(standing: .doesNotFit, problem: "wrong", remarks: [])
        #expect(audit(refused).standing == .doesNotFit && audit(refused).problems == ["wrong"])
        let away = StartVerdict(standing: .unreachable, problem: "away", remarks: [])
        #expect(audit(away).standing == .unreachable)
        var cut = audit()
        cut.interruption = "gone"
        #expect(cut.standing == .unreachable && cut.problems == ["not every record was read: gone"])
        cut.add(entry("ledger.other", []))
        #expect(cut.standing == .doesNotFit)
        // Said in better words already.
        var refusedAndCut = audit(refused)
        refusedAndCut.interruption = "gone"
        #expect(refusedAndCut.standing == .doesNotFit && refusedAndCut.problems == ["wrong"])
    }
}
