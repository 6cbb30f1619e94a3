import Blacklist
import StrictJSON
import TestSupport
import Testing
import TokenOperations

@testable import JetStreamLedger

@Suite("The server's words are understood as nats-server 2.15.1 says them, and nothing that it says traps")
struct ProtocolTests {
    private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    /// As an R3 stream's leader answers; shortened, but for what is read.
    private let information = """
        {"type":"io.nats.jetstream.api.v1.stream_info_response","total":0,"offset":0,"limit":0,"config":{"name":\
        "TOKEN_LEDGER","subjects":["ledger.\\u003e"],"retention":"limits","max_consumers":-1,"max_msgs":-1,"max_bytes":-1,\
        "max_age":2600000000000000,"max_msgs_per_subject":1,"max_msg_size":-1,"discard":"new","storage":"file",\
        "num_replicas":3,"duplicate_window":120000000000,"compression":"none","allow_direct":false,"consumer_limits":{},\
        "metadata":{"_nats.level":"5","_nats.ver":"2.15.1"}},"created":"2026-11-22T18:38:41.417807194Z","state":{"messages":2,\
        "bytes":133,"first_seq":1,"first_ts":"2026-11-22T18:38:41.42076144Z","last_seq":2,"num_subjects":2},\
        "cluster":{"name":"c","raft_group":"S-R3F-kAl6fq4I","leader":"n2","leader_since":"2026-11-22T18:38:42.4Z","replicas":\
        [{"name":"n0","current":true,"active":2860442847,"peer":"6DVFpukC"},\
        {"name":"n1","current":true,"active":860552260,"peer":"fjFyEjc1"}]},"ts":"2026-11-22T18:38:41.421230079Z"}
        """

    private func stream(_ text: String) throws(JetStreamError) -> StreamInformation {
        let body = bytes(text)
        return try JetStreamReply.stream(body.rawSpan)
    }

    @Test("A stream's information: configuration, its raw text, its state, and the majority's age")
    func streamInformation() throws {
        let found = try stream(information)
        var expected = StreamConfiguration(recordLifetime: 2_600_000, replicas: 3)
        expected.server = ServerVersion(major: 2, minor: 15, patch: 1)
        #expect(found.configuration == expected)
        #expect(String(decoding: found.rawConfiguration, as: UTF8.self).hasSuffix(#""_nats.ver":"2.15.1"}}"#))
        let state = try #require(found.state)
        #expect(state.created == "2026-11-22T18:38:41.417807194Z" && state.lastSequence == 2 && state.firstSequence == 1)
        // With one of two followers the leader is a majority.
        #expect(state.quorumAge == 861)
        #expect(state.keptSince == 1_795_372_721_421_230_079 - 2_600_000_000_000_000)
        let raised = try #require(found.configuration(withMaxAge: 5))
        #expect(raised.count == found.rawConfiguration.count - 15)
        let again = try stream(information.replacing("2600000000000000", with: "5"))
        #expect(raised == again.rawConfiguration)
    }

    @Test(
        "How long ago a majority was with the leader",
        arguments: [
            (#""replicas":[]"#, Int64(1), Int64?.some(0)),
            (#""x":1"#, 1, 0),
            (#""replicas":[{"active":5000000},{"active":9000000}]"#, 3, 6),
            (#""replicas":[{"active":0},{"active":9000000}]"#, 3, 10),
            // 0 stands for never: measured of servers that are gone.
            (#""replicas":[{"active":0},{"active":0}]"#, 3, nil),
            (#""replicas":[{"active":1000000},{"active":2000000},{"active":3000000},{"active":4000000}]"#, 5, 3),
            // Fewer are told of than there ought to be.
            (#""replicas":[{"active":1000000}]"#, 5, nil),
            (#""replicas":[]"#, 3, nil),
        ])
    func quorumAge(members: String, replicas: Int64, age: Int64?) throws {
        let text = """
            {"config":{"num_replicas":\(replicas)},"created":"x","state":{"first_seq":0,"last_seq":0},\
            "cluster":{"leader":"a",\(members)}}
            """
        #expect(try stream(text).state?.quorumAge == age)
    }

    @Test("Without a leader anybody answers, from what he remembers: that is no state")
    func noLeader() throws {
        #expect(try stream(information.replacing(#""leader":"n2","#, with: "")).state == nil)
        #expect(try stream(information.replacing(#""leader":"n2","#, with: #""leader":"","#)).state == nil)
    }

    @Test("The account's API level; none from an older server; an error as what it is")
    func account() throws {
        let level = bytes(#"{"type":"x","memory":0,"limits":{"max_memory":-1},"api":{"level":5,"total":0,"errors":0}}"#)
        #expect(try JetStreamReply.account(level.rawSpan) == 5)
        let old = bytes(#"{"memory":0,"api":{"total":0,"errors":0}}"#)
        #expect(try JetStreamReply.account(old.rawSpan) == 0)
        let none = bytes(#"{"error":{"code":503,"err_code":10039,"description":"JetStream not enabled for account"}}"#)
        let expected = JetStreamError(code: 503, errorCode: 10039, text: "JetStream not enabled for account")
        #expect(throws: expected) { try JetStreamReply.account(none.rawSpan) }
        #expect(!expected.mayMend)
    }

    @Test("A record, its time to the nanosecond, its body out of base64; none is nil, an error is thrown")
    func record() throws {
        let found = bytes(
            """
            {"type":"io.nats.jetstream.api.v1.stream_msg_get_response","message":{"subject":"ledger.revoked.a","seq":2,\
            "hdrs":"TkFUUy8xLjANCk5hdHMtTXNnLUlkOiBhDQoNCg==","data":"eyJ4IjoiPC8+In0=","time":"2026-11-22T18:38:41.420999666Z"}}
            """)
        let record = try #require(try JetStreamReply.record(found.rawSpan))
        // The same time as in the reply subject of the record's delivery.
        #expect(record.position == .init(sequence: 2, time: 1_795_372_721_420_999_666))
        #expect(record.body == bytes(#"{"x":"</>"}"#) && record.subject == "ledger.revoked.a")
        let none = bytes(#"{"error":{"code":404,"err_code":10037,"description":"no message found"}}"#)
        #expect(try JetStreamReply.record(none.rawSpan) == nil)
        let gone = bytes(#"{"error":{"code":404,"err_code":10059,"description":"stream not found"}}"#)
        #expect(throws: JetStreamError.self) { try JetStreamReply.record(gone.rawSpan) }
        for odd in [#"{"message":{"seq":2}}"#, #"{"message":{"subject":"a","seq":-2,"time":"2026-11-22T18:38:41Z"}}"#, "{}"] {
            #expect(throws: JetStreamError.unreadable) { try JetStreamReply.record(bytes(odd).rawSpan) }
        }
    }

    @Test("A family's last record: redeemed, revoked, none, or what cannot be")
    func familyRecord() throws {
        var random = SeededGenerator(seed: 1)
        let ids = (0..<4).map { _ in UUIDv7(unixMilliseconds: 1, using: &random) }
        let redemption = Redemption(
            family: ids[0], expectedRevision: 0, generation: 3, tokenID: ids[1], redeemedAt: UnixTime(seconds: 1),
            successor: Successor(accessID: ids[2], refreshID: ids[3], accessExpiresAt: 2, refreshExpiresAt: 3),
            expiresAt: UnixTime(seconds: 4))
        func answer(_ subject: String, _ body: [UInt8]) -> [UInt8] {
            bytes(
                #"{"message":{"subject":"\#(subject)","seq":9,"data":"\#(base64(body))","time":"2026-11-22T18:38:41Z"}}"#)
        }
        let redeemed = answer(LedgerSubject.redeemed(ids[0]), RedemptionRecord.encode(redemption))
        #expect(try JetStreamReply.familyRecord(redeemed.rawSpan).get()?.record == .redeemed(redemption, revision: 9))
        let revoked = answer(LedgerSubject.revoked(ids[0]), [])
        #expect(try JetStreamReply.familyRecord(revoked.rawSpan).get()?.record == .revoked)
        for odd in [answer("ledger.probe", []), answer(LedgerSubject.redeemed(ids[0]), [1]), bytes("x")] {
            #expect(throws: RecordError.self) { try JetStreamReply.familyRecord(odd.rawSpan).get() }
        }
    }

    /// Not the library's: an encoder of its own.
    private func base64(_ bytes: [UInt8]) -> String {
        let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
        var text = ""
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = (0..<3).map { start + $0 < bytes.count ? Int(bytes[start + $0]) : 0 }
            let word = group[0] << 16 | group[1] << 8 | group[2]
            for index in 0..<4 {
                text.append(start + index > bytes.count ? "=" : digits[word >> (18 - 6 * index) & 63])
            }
        }
        return text
    }

    @Test(
        "Times to the nanosecond",
        arguments: [
            ("2026-11-22T18:38:41.420999666Z", UInt64?.some(1_795_372_721_420_999_666)),
            ("2026-11-22T18:38:41Z", 1_795_372_721_000_000_000),
            ("2026-11-22T18:38:41.4Z", 1_795_372_721_400_000_000),
            ("2026-11-22T20:38:41.4+02:00", 1_795_372_721_400_000_000),
            ("2026-11-22T13:08:41-05:30", 1_795_372_721_000_000_000),
            ("1970-01-01T00:00:00Z", 0), ("2024-02-29T23:59:59.999999999Z", 1_709_251_199_999_999_999),
            ("2000-03-01T00:00:00Z", 951_868_800_000_000_000), ("0001-01-01T00:00:00Z", nil),
            ("9999-12-31T23:59:59Z", nil), ("2026-11-22T18:38:41.Z", nil), ("2026-11-22T18:38:41", nil),
            ("2026-13-22T18:38:41Z", nil), ("2026-11-22T18:38:41.1234567890Z", nil), ("2026-11-22T18:38:41Zx", nil), ("", nil),
        ])
    func times(text: String, nanoseconds: UInt64?) {
        #expect(RFC3339.unixNanoseconds(bytes(text).rawSpan) == nanoseconds)
    }

    @Test("Where a delivery stands, in both forms of its reply subject; another's consumer is nobody's")
    func replySubjects() {
        let names = ConsumerName(instance: "A1")
        let name = names.name(42)
        let delivery = Delivery(consumer: 42, consumerSequence: 6, streamSequence: 5, time: 7, pending: 8)
        for text in [
            "$JS.ACK.TOKEN_LEDGER.\(name).1.5.6.7.8", "$JS.ACK._.hash.TOKEN_LEDGER.\(name).1.5.6.7.8",
            "$JS.ACK.hub.hash.TOKEN_LEDGER.\(name).1.5.6.7.8.random",
        ] {
            #expect(Delivery(replySubject: bytes(text).rawSpan, names: names) == delivery, "\(text)")
        }
        for text in [
            "", ".", "$JS.ACK", "$JS.ACK.TOKEN_LEDGER.\(name).1.5.6.7", "$JS.ACK.TOKEN_LEDGER.\(name).1.5.6.7.8.9",
            "$JS.ACK.TOKEN_LEDGER.other-42.1.5.6.7.8", "$JS.ACK.TOKEN_LEDGER.\(names.name(1))x.1.5.6.7.8",
            "$JS.ACK.TOKEN_LEDGER.token-service-A1-.1.5.6.7.8", "$JS.ACK.TOKEN_LEDGER.\(name).1.-5.6.7.8",
            "$JS.ACK.TOKEN_LEDGER.\(name).1.99999999999999999999.6.7.8", "$JS.ACK.TOKEN_LEDGER.\(name).1..6.7.8",
            "$JS.FC.TOKEN_LEDGER.\(name).1.5.6.7.8",
        ] {
            #expect(Delivery(replySubject: bytes(text).rawSpan, names: names) == nil, "\(text)")
        }
    }

    @Test("Questions are JSON, and ask what they are to ask")
    func requests() throws {
        let after = JetStreamRequest.createConsumer(name: "a-1", deliverSubject: "_INBOX.x", afterSequence: 7)
        #expect(after.subject == "$JS.API.CONSUMER.CREATE.TOKEN_LEDGER.a-1.ledger.revoked.>")
        let text = String(decoding: after.body, as: UTF8.self)
        #expect(text.contains(#""deliver_policy":"by_start_sequence","opt_start_seq":8,"#))
        let all = JetStreamRequest.createConsumer(name: "a-1", deliverSubject: "_INBOX.x", afterSequence: nil)
        #expect(String(decoding: all.body, as: UTF8.self).contains(#""deliver_policy":"all","#))
        #expect(JetStreamRequest.record(at: 12).body == bytes(#"{"seq":12}"#))
        #expect(JetStreamRequest.lastRecord(of: "ledger.revoked.>").body == bytes(#"{"last_by_subj":"ledger.revoked.>"}"#))
        for request in [after, all, .record(at: .max), .lastRecord(of: "a\"b")] {
            var scanner = JSONScanner(request.body.rawSpan)
            try scanner.skipValue()
            try scanner.finish()
        }
    }

    @Test("Every cut of an answer, and 20,000 answers with bytes changed, are refused or read, and none traps")
    func odd() {
        let names = ConsumerName(instance: "A1")
        let reply = "$JS.ACK._.hash.TOKEN_LEDGER.\(names.name(42)).1.5.6.7.8.random"
        let record = #"{"message":{"subject":"ledger.revoked.a","seq":2,"data":"eyJ4IjoiPC8+In0=","time":"2026-11-22T18:38:41.4Z"}}"#
        let configuration = #"{"name":"TOKEN_LEDGER","max_age" : 5,"metadata":{"a":"\"}"}}"#
        let seed = UInt64.random(in: .min ... .max)
        var random = SeededGenerator(seed: seed)
        var refused = 0
        func read(_ body: [UInt8]) {
            do throws(JetStreamError) { _ = try JetStreamReply.stream(body.rawSpan) } catch { refused += 1 }
            do throws(JetStreamError) { _ = try JetStreamReply.record(body.rawSpan) } catch { refused += 1 }
            do throws(JetStreamError) { _ = try JetStreamReply.account(body.rawSpan) } catch { refused += 1 }
            do throws(JetStreamError) { try JetStreamReply.done(body.rawSpan) } catch { refused += 1 }
            _ = JetStreamReply.published(body.rawSpan)
            _ = JetStreamReply.familyRecord(body.rawSpan)
            _ = StreamConfiguration.replacingMaxAge(in: body, with: 7)
            _ = Delivery(replySubject: body.rawSpan, names: names)
            _ = RFC3339.unixNanoseconds(body.rawSpan)
        }
        for text in [information, record, reply, configuration] {
            let whole = bytes(text)
            for length in 0...whole.count { read(Array(whole.prefix(length))) }
            for _ in 0..<5_000 {
                var changed = whole
                for _ in 0...(random.next() % 3) {
                    changed[Int(random.next() % UInt64(changed.count))] = UInt8(truncatingIfNeeded: random.next())
                }
                read(changed)
            }
        }
        #expect(refused > 10_000, "seed \(seed)")
    }
}
