import StrictJSON
import Testing

@testable import JetStreamLedger

@Suite("The ledger serves from a stream that keeps its promises, or from none")
struct StreamConfigurationTests {
    private let wanted = StreamConfiguration(recordLifetime: 2_592_010, replicas: 3)

    @Test("What is asked for is what is read back")
    func roundTrip() throws {
        let bytes = wanted.encoded()
        var scanner = JSONScanner(bytes.rawSpan)
        let read = try StreamConfiguration(reading: &scanner)
        #expect(read == wanted)
        #expect(wanted.verdict(on: read) == .fits)
    }

    @Test("A server's own words are understood (nats-server 2.15.1)")
    func server() throws {
        let text = """
            {"name":"TOKEN_LEDGER","subjects":["ledger.\\u003e"],"retention":"limits","max_consumers":-1,"max_msgs":-1,"max_bytes":-1,\
            "max_age":2592010000000000,"max_msgs_per_subject":1,"max_msg_size":-1,"discard":"new","storage":"file",\
            "num_replicas":3,"duplicate_window":120000000000,"compression":"none","allow_direct":false,"mirror_direct":false,\
            "sealed":false,"deny_delete":false,"deny_purge":false,"allow_rollup_hdrs":false,"consumer_limits":{},\
            "allow_msg_ttl":false,"metadata":{"_nats.level":"5","_nats.req.level":"0","_nats.ver":"2.15.1"}}
            """
        let bytes = Array(text.utf8)
        var scanner = JSONScanner(bytes.rawSpan)
        let found = try StreamConfiguration(reading: &scanner)
        #expect(wanted.verdict(on: found) == .fits)
    }

    @Test("A server that overlooks the compare-and-set is refused, also when the stream moves to one", arguments: [
        ("2.11.6", false), ("2.11.7", true), ("2.12.0-RC.1", true), ("2.9.10", false), ("3.0.0", true), ("2.10.26-beta+7", false),
        ("nightly", true), ("2.11", true),
    ])
    func version(text: String, fits: Bool) throws {
        var json = String(decoding: wanted.encoded(), as: UTF8.self)
        json.removeLast()
        let bytes = Array((json + #","metadata":{"a":"b","_nats.ver":"\#(text)"}}"#).utf8)
        var scanner = JSONScanner(bytes.rawSpan)
        let found = try StreamConfiguration(reading: &scanner)
        #expect(wanted.verdict(on: found) == (fits ? .fits : .refuse(StartTrouble.tooOld)))
    }

    @Test("A max_age that is too short is raised, one that is longer or endless is kept")
    func maxAge() {
        var found = wanted
        found.maxAge = wanted.maxAge - 1
        #expect(wanted.verdict(on: found) == .raiseMaxAge(to: wanted.maxAge))
        found.maxAge = wanted.maxAge * 2
        #expect(wanted.verdict(on: found) == .fits)
        found.maxAge = 0
        #expect(wanted.verdict(on: found) == .fits)
    }

    @Test(
        "What would store records elsewhere, otherwise or not at all is named, and refused; its zero value is not",
        arguments: [
            (#""no_ack":true"#, "no_ack"), (#""sealed":true"#, "sealed"),
            (#""discard_new_per_subject":true"#, "discard_new_per_subject"),
            (#""subject_transform":{"src":"a","dest":"b"}"#, "subject_transform"),
            (#""mirror":{"name":"A"}"#, "mirror"), (#""sources":[{"name":"A"}]"#, "sources"),
            (#""persist_mode":"async""#, "persist_mode"), (#""max_msg_size":100"#, "max_msg_size"),
            (#""no_ack":false,"sources":[],"mirror":null,"persist_mode":"default","max_msg_size":-1"#, nil),
        ])
    func foreign(members: String, named: String?) throws {
        var text = String(decoding: wanted.encoded(), as: UTF8.self)
        text.removeLast()
        let bytes = Array((text + "," + members + "}").utf8)
        var scanner = JSONScanner(bytes.rawSpan)
        let found = try StreamConfiguration(reading: &scanner)
        let verdict = wanted.verdict(on: found)
        let forgetful = ["subject_transform", "mirror", "sources", "persist_mode"]
        #expect(wanted.mayForget(as: found) == forgetful.contains { $0 == named })
        guard let named else {
            #expect(verdict == .fits)
            return
        }
        guard case .refuse(let text) = verdict else {
            Issue.record("taken: \(members)")
            return
        }
        #expect(text.contains("\(named)"))
    }

    @Test("Every difference that would lose a record is named, and refused")
    func differences() {
        let changes: [(String, (inout StreamConfiguration) -> Void)] = [
            ("subjects", { $0.subjects.append("more.>") }),
            ("storage", { $0.storage = "memory" }),
            ("retention", { $0.retention = "workqueue" }),
            ("discard", { $0.discard = "old" }),
            ("max_msgs_per_subject", { $0.maxMessagesPerSubject = -1 }),
            ("max_msgs", { $0.maxMessages = 100 }),
            ("num_replicas", { $0.replicas = 1 }),
            ("allow_direct", { $0.allowDirect = true }),
        ]
        for (name, change) in changes {
            var found = wanted
            change(&found)
            guard case .refuse(let text) = wanted.verdict(on: found) else {
                Issue.record("\(name) was taken")
                continue
            }
            #expect(text.contains(name))
            let forgetful = ["storage", "retention", "discard", "max_msgs"]
            #expect(wanted.mayForget(as: found) == forgetful.contains(name), "\(name)")
        }
    }
}
