import StrictJSON
import Testing
import TokenOperations

@testable import JetStreamLedger

@Suite("What the server says of the stream is told as it is, and what is wrong about it in words")
struct LedgerStatusTests {
    private let wanted = StreamConfiguration(recordLifetime: 2_595_600, replicas: 3)

    /// As an R3 stream's leader answers (nats-server 2.15.1).
    private let answer = """
        {"type":"io.nats.jetstream.api.v1.stream_info_response","config":{"name":"TOKEN_LEDGER","subjects":["ledger.\\u003e"],\
        "retention":"limits","max_consumers":-1,"max_msgs":-1,"max_bytes":-1,"max_age":2595600000000000,\
        "max_msgs_per_subject":1,"max_msg_size":-1,"discard":"new","storage":"file","num_replicas":3,"allow_direct":false},\
        "created":"2026-11-22T18:38:41.417807194Z","state":{"messages":1234,"bytes":163100000,"first_seq":2,\
        "first_ts":"2026-11-22T18:38:41.42076144Z","last_seq":2000,"last_ts":"2026-11-22T18:40:00.5Z","num_subjects":1234,\
        "consumer_count":2},"cluster":{"name":"tokens","raft_group":"S-R3F-kAl6fq4I","leader":"n2","replicas":\
        [{"name":"n1","current":true,"active":860552260,"peer":"a"},{"name":"n3","current":true,"active":1860552260,"peer":"b"}]},\
        "ts":"2026-11-22T18:41:00Z"}
        """

    private let consumers = """
        {"type":"io.nats.jetstream.api.v1.consumer_list_response","total":2,"offset":0,"limit":256,"consumers":[\
        {"stream_name":"TOKEN_LEDGER","name":"token-service-a1-1","config":{"name":"token-service-a1-1","deliver_subject":"x",\
        "filter_subject":"ledger.revoked.\\u003e"},"delivered":{"consumer_seq":9,"stream_seq":1999},"num_pending":3,\
        "push_bound":true},{"name":"other","config":{},"delivered":{"consumer_seq":0,"stream_seq":0},"num_pending":0}]}
        """

    private func status(
        _ text: String, consumers: LedgerStatus.Consumers? = nil, counted: Bool = true
    ) throws -> LedgerStatus {
        let body = Array(text.utf8)
        let list = Array(self.consumers.utf8)
        let stream = LedgerStatus.Stream(
            information: try JetStreamReply.stream(body.rawSpan), details: try JetStreamReply.details(body.rawSpan),
            counts: counted ? .init(revocations: 1_000, redemptions: 233, epochs: 1, probes: 1, fences: 1, others: 0) : nil,
            consumers: try consumers ?? .named(JetStreamReply.consumers(list.rawSpan).page))
        return LedgerStatus(apiLevel: 5, stream: stream, wanted: wanted)
    }

    private func text(_ status: LedgerStatus) -> String {
        var bytes: [UInt8] = []
        status.appendText(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test("All is well")
    func well() throws {
        #expect(
            text(try status(answer)) == """
                server     JetStream API level 5
                stream     TOKEN_LEDGER, created 2026-11-22T18:38:41.417807194Z
                records    1,234: 1,000 revocations, 233 redemptions, 1 epoch, 1 probe, 1 fence, 0 others
                size       163.1 MB, no limit of its own
                sequences  2 to 2000
                stored     2026-11-22T18:38:41Z to 2026-11-22T18:40:00Z
                max_age    30 d 1 h
                replicas   3 in cluster tokens, leader n2
                           n1: current, lag 0, heard of 0.8 s ago
                           n3: current, lag 0, heard of 1.8 s ago
                followers  2
                           token-service-a1-1: 3 pending, up to sequence 1999
                           other: 0 pending, up to sequence 0, nobody listens
                trouble    none

                """)
    }

    @Test("The same as JSON, with null for what is not known")
    func json() throws {
        var bytes: [UInt8] = []
        try status(answer).appendJSON(to: &bytes)
        #expect(
            String(decoding: bytes, as: UTF8.self) == """
                {"api_level":5,"stream":{"name":"TOKEN_LEDGER","created":"2026-11-22T18:38:41.417807194Z","messages":1234,\
                "bytes":163100000,"max_bytes":-1,"first_sequence":2,"last_sequence":2000,\
                "first_time":"2026-11-22T18:38:41.420Z","last_time":"2026-11-22T18:40:00.500Z","max_age_seconds":2595600,\
                "replicas":3,"cluster":"tokens","leader":"n2","followers":[\
                {"name":"n1","current":true,"offline":false,"lag":0,"heard_ago_seconds":0},\
                {"name":"n3","current":true,"offline":false,"lag":0,"heard_ago_seconds":1}],\
                "records":{"revocations":1000,"redemptions":233,"epochs":1,"probes":1,"fences":1,"others":0},"consumer_count":2,"consumers":[\
                {"name":"token-service-a1-1","filter":"ledger.revoked.>","pending":3,"delivered_sequence":1999,"bound":true},\
                {"name":"other","filter":"","pending":0,"delivered_sequence":0,"bound":false}]},"troubles":[]}

                """)
        bytes = []
        try status(answer, consumers: .counted(2), counted: false).appendJSON(to: &bytes)
        let unknown = String(decoding: bytes, as: UTF8.self)
        #expect(unknown.contains(#""records":null,"consumer_count":2,"consumers":null}"#))
        bytes = []
        LedgerStatus(apiLevel: 5, stream: nil, wanted: wanted).appendJSON(to: &bytes)
        #expect(String(decoding: bytes, as: UTF8.self).hasPrefix(#"{"api_level":5,"stream":null,"troubles":["there is no stream"#))
    }

    @Test("A user who may not ask for the followers' names is told what that takes")
    func forbiddenNames() throws {
        let text = text(try status(answer, consumers: .counted(2)))
        #expect(text.contains("followers  2; for their names the NATS user needs to publish to $JS.API.CONSUMER.LIST.TOKEN_LEDGER\n"))
    }

    @Test(
        "What is wrong",
        arguments: [
            (#""name":"n1","current":true"#, #""name":"n1","current":false,"lag":12"#, "n1 lags 12 entries behind"),
            (#""name":"n1","current":true"#, #""name":"n1","current":false,"offline":true"#, "n1 is not reached"),
            (#""active":860552260"#, #""active":0"#, "n1 is not reached"),
            (#""active":860552260"#, #""active":6300000000"#, "n1 has not been heard of for 6 s"),
            (#""active":860552260"#, #""active":4900000000"#, nil),
            (#""leader":"n2","#, "", "no leader"),
            (#","replicas":[{"name":"n1""#, #","x":[{"name":"n1""#, "has 1"),
            (#""max_age":2595600000000000"#, #""max_age":86400000000000"#, "max_age is 1 d and has to be 30 d 1 h"),
            (#""storage":"file""#, #""storage":"memory""#, "storage is memory and must be file"),
            (#""max_bytes":-1"#, #""max_bytes":163100000"#, "is full"),
            (#""max_bytes":-1"#, #""max_bytes":200000000"#, "nearly full"),
            (#""max_bytes":-1"#, #""max_bytes":300000000"#, nil),
        ])
    func troubles(found: String, changed: String, trouble: String?) throws {
        let troubles = try status(answer.replacing(found, with: changed)).troubles
        if let trouble {
            #expect(troubles.contains { $0.contains(trouble) }, "\(troubles)")
        } else {
            #expect(troubles.isEmpty, "\(troubles)")
        }
    }

    @Test("A majority that the leader has not heard of for long, or ever")
    func majority() throws {
        let late = answer.replacing("860552260", with: "11000000000")
        #expect(try status(late).troubles.contains { $0.contains("a majority has not been with the leader for 11 s") })
        let never = answer.replacing("1860552260", with: "0").replacing("860552260", with: "0")
        #expect(try status(never).troubles.contains { $0.contains("too few of the stream's servers") })
    }

    @Test("A server that is alone, and a stream that is empty")
    func alone() throws {
        let status = try status(
            """
            {"config":{"name":"TOKEN_LEDGER","subjects":["ledger.>"],"retention":"limits","max_msgs":-1,"max_bytes":-1,\
            "max_age":0,"max_msgs_per_subject":1,"discard":"new","storage":"file","num_replicas":3},"created":"x","state":\
            {"messages":0,"bytes":0,"first_seq":0,"first_ts":"0001-01-01T00:00:00Z","last_seq":0,\
            "last_ts":"0001-01-01T00:00:00Z","consumer_count":0},"cluster":{"leader":"NABC"},"ts":"2026-11-22T18:41:00Z"}
            """, consumers: .named([]))
        let text = text(status)
        #expect(text.contains("sequences  0 to 0\nmax_age    for ever\nreplicas   3, on a server without a cluster\nfollowers  none\n"))
    }
}
