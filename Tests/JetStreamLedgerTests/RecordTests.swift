import Blacklist
import StrictJSON
import TestSupport
import Testing
import TokenOperations

@testable import JetStreamLedger

@Suite("Records are read as they were written, and what cannot have been written here is refused")
struct RecordTests {
    private let ids: [UUIDv7] = {
        var random = SeededGenerator(seed: 1)
        return (0..<4).map { _ in UUIDv7(unixMilliseconds: 1_800_000_000_000, using: &random) }
    }()

    @Test("A revocation comes back", arguments: [Revocation.Kind.family, .accessToken])
    func revocation(kind: Revocation.Kind) throws {
        for reason in [Revocation.Reason.blacklisted, .reused] {
            let one = Revocation(kind: kind, id: ids[0], expiresAt: UnixTime(milliseconds: 1_800_000_000_123), reason: reason)
            let body = RevocationRecord.encode(one)
            #expect(try RevocationRecord.decode(body.rawSpan, id: ids[0]) == one)
        }
    }

    @Test("However JSON spells it, it is the same revocation; what is no JSON is refused")
    func spellings() throws {
        let exp = UnixTime(milliseconds: 1_800_000_000_123)
        let one = Revocation(kind: .accessToken, id: ids[0], expiresAt: exp, reason: .reused)
        for text in [
            #"{"kind":"access_token","exp":1800000000123,"reason":"reused"} "#,
            #"{ "kind":"access_token","exp":1800000000123,"reason":"reused"}"#,
            #"{"kind":"access_token","exp":1800000000123 ,"reason":"reused"}"#,
            #"{"exp":1800000000123,"reason":"reused","kind":"access_token"}"#,
            #"{"kind":"access\u005ftoken","exp":1800000000123,"reason":"re\u0075sed"}"#,
        ] {
            #expect(try RevocationRecord.decode(Array(text.utf8).rawSpan, id: ids[0]) == one, "\(text)")
        }
        for text in [
            #"{"kind":"family","exp":0123,"reason":"reused"}"#,
            #"{"kind":"family","exp":,"reason":"reused"}"#,
            #"{"kind":"family","exp":123,"reason":"reused"}}"#,
            #"{"kind":"family","exp":99999999999999999999,"reason":"reused"}"#,
            #"{"kind":"family","exp":123"#,
        ] {
            #expect(throws: RecordError.self, "\(text)") {
                try RevocationRecord.decode(Array(text.utf8).rawSpan, id: ids[0])
            }
        }
        let longest = #"{"kind":"family","exp":9223372036854775807,"reason":"reused"}"#
        #expect(try RevocationRecord.decode(Array(longest.utf8).rawSpan, id: ids[0]).expiresAt.milliseconds == .max)
    }

    @Test("A redemption comes back, all that is needed to sign its pair again")
    func redemption() throws {
        let one = Redemption(
            family: ids[0], expectedRevision: 0, generation: .max, tokenID: ids[1],
            redeemedAt: UnixTime(milliseconds: 1_800_000_000_001),
            successor: Successor(accessID: ids[2], refreshID: ids[3], accessExpiresAt: 1, refreshExpiresAt: 2),
            expiresAt: UnixTime(milliseconds: 3))
        let body = RedemptionRecord.encode(one)
        #expect(try RedemptionRecord.decode(body.rawSpan, family: ids[0]) == one)
    }

    @Test("Every cut of a record is an error, and none traps")
    func cuts() {
        let revocation = RevocationRecord.encode(
            Revocation(kind: .family, id: ids[0], expiresAt: UnixTime(seconds: 1), reason: .reused))
        for length in 0..<revocation.count {
            let cut = Array(revocation.prefix(length))
            #expect(throws: RecordError.self) { try RevocationRecord.decode(cut.rawSpan, id: ids[0]) }
        }
    }

    @Test("A newer version's members are passed over; a kind that is not known is refused, a reason is not")
    func versions() throws {
        let newer = Array(#"{"kind":"family","exp":5,"reason":"something","more":{"a":[1]}}"#.utf8)
        #expect(try RevocationRecord.decode(newer.rawSpan, id: ids[0]).reason == .blacklisted)
        let unknown = Array(#"{"kind":"device","exp":5,"reason":"blacklisted"}"#.utf8)
        #expect(throws: RecordError.self) { try RevocationRecord.decode(unknown.rawSpan, id: ids[0]) }
    }

    @Test("An epoch is read as it was written, and not when something of it is missing")
    func epoch() throws {
        let epoch = LedgerEpoch(state: .repairing, name: "a.\"1", redeemedSince: 1_800_000_000_001)
        #expect(try LedgerEpoch.decode(epoch.encoded().rawSpan) == epoch)
        #expect(
            String(decoding: epoch.encoded(), as: UTF8.self)
                == #"{"state":"repairing","name":"a.\"1","redeemed_since":1800000000001}"#)
        for text in [#"{"state":"whole","name":"a"}"#, #"{"state":"holy","name":"a","redeemed_since":1}"#, "{}", ""] {
            #expect(throws: RecordError.self) { try LedgerEpoch.decode(Array(text.utf8).rawSpan) }
        }
    }

    @Test("Subjects say what their record is")
    func subjects() {
        #expect(LedgerSubject.kind(of: LedgerSubject.revoked(ids[0])) == .revoked(ids[0]))
        #expect(LedgerSubject.kind(of: LedgerSubject.redeemed(ids[0])) == .redeemed(ids[0]))
        for subject in ["ledger.revoked.", "ledger.revoked.x", "ledger.other.\(ids[0].text)", "", "ledger"] {
            #expect(LedgerSubject.kind(of: subject) == nil)
        }
    }

    @Test(
        "The server's answers, as nats-server 2.15.1 gives them",
        arguments: [
            (#"{"stream":"TOKEN_LEDGER","seq":1}"#, PublishOutcome.stored(sequence: 1)),
            (#"{"stream":"TOKEN_LEDGER","seq":7,"duplicate":true}"#, .stored(sequence: 7)),
            (
                #"{"error":{"code":400,"err_code":10071,"description":"wrong last sequence: 1"},"stream":"TOKEN_LEDGER","seq":0}"#,
                .wrongLastSequence
            ),
            (#"{"error":{"code":503,"err_code":10008,"description":"x"}}"#, .busy("JetStream error 10008: x")),
            (#"{"stream":"OTHER","seq":7}"#, JetStreamReply.elsewhere),
            (#"{"seq":7,"stream":"TOKEN_LEDGER_2"}"#, JetStreamReply.elsewhere),
            (#"{"stream":"TOKEN_LEDGER","seq":0}"#, .unknown("the server's answer to a publish has no sequence")),
            ("", .unknown("the server's answer to a publish cannot be read")),
        ])
    func answers(text: String, outcome: PublishOutcome) {
        #expect(JetStreamReply.published(Array(text.utf8).rawSpan) == outcome)
    }
}
