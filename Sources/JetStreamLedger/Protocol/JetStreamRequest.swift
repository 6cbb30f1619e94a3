internal import StrictJSON

/// A question to JetStream's API: where to, and what. Every one of them is answered with JSON.
struct JetStreamRequest: Equatable, Sendable {
    var subject: String
    var body: [UInt8] = []
    /// Of a write: where the subject's last record has to stand, 0 for none. nil for no condition.
    var expecting: UInt64?

    private static let stream = LedgerSubject.stream

    /// What the account may have, and the API's level.
    static let account = JetStreamRequest(subject: "$JS.API.INFO")

    static let streamInformation = JetStreamRequest(subject: "$JS.API.STREAM.INFO.\(stream)")

    static func createStream(_ configuration: StreamConfiguration) -> JetStreamRequest {
        JetStreamRequest(subject: "$JS.API.STREAM.CREATE.\(stream)", body: configuration.encoded())
    }

    /// - Parameter configuration: the whole of it, as JSON: what is left out would be set back to its default.
    static func updateStream(_ configuration: [UInt8]) -> JetStreamRequest {
        JetStreamRequest(subject: "$JS.API.STREAM.UPDATE.\(stream)", body: configuration)
    }

    static func record(at sequence: UInt64) -> JetStreamRequest {
        var body: [UInt8] = []
        body.append(#"{"seq":"#)
        body.appendDecimal(sequence)
        body.append("}")
        return JetStreamRequest(subject: "$JS.API.STREAM.MSG.GET.\(stream)", body: body)
    }

    /// - Parameter subject: may have wildcards: the last one under any of them. The server then walks through all that
    ///   match, with the stream locked (40 ms at a million): for a family's few, never for all.
    static func lastRecord(of subject: String) -> JetStreamRequest {
        var body: [UInt8] = []
        body.append(#"{"last_by_subj":"#)
        body.appendJSONString(Array(subject.utf8).rawSpan)
        body.append("}")
        return JetStreamRequest(subject: "$JS.API.STREAM.MSG.GET.\(stream)", body: body)
    }

    static let fence = JetStreamRequest(subject: LedgerSubject.fence)

    static let epoch = lastRecord(of: LedgerSubject.epoch)

    static func writeEpoch(_ epoch: LedgerEpoch, expecting sequence: UInt64) -> JetStreamRequest {
        JetStreamRequest(subject: LedgerSubject.epoch, body: epoch.encoded(), expecting: sequence)
    }

    /// Of all revocations (or of what `filter` says), from the first one or after a sequence, pushed to `deliverSubject`.
    ///
    /// In memory and on one server whatever the stream is: it is made anew at the least doubt. Gone 30 s after nothing
    /// subscribes to `deliverSubject` any more.
    ///
    /// - Parameter deliverSubject: has to be subscribed to by itself, literally: a subscription with a wildcard that
    ///   covers it is no interest to nats-server (2.15.1), and nothing is delivered, without a word.
    static func createConsumer(
        name: String, deliverSubject: String, afterSequence: UInt64?, filter: String = LedgerSubject.revocations
    ) -> JetStreamRequest {
        var body: [UInt8] = []
        body.append(#"{"stream_name":""#)
        body.append(utf8: stream)
        body.append(#"","config":{"name":"#)
        body.appendJSONString(Array(name.utf8).rawSpan)
        body.append(#","deliver_subject":"#)
        body.appendJSONString(Array(deliverSubject.utf8).rawSpan)
        if let afterSequence, afterSequence < .max {
            body.append(#","deliver_policy":"by_start_sequence","opt_start_seq":"#)
            body.appendDecimal(afterSequence + 1)
        } else {
            body.append(#","deliver_policy":"all""#)
        }
        body.append(#","filter_subject":""#)
        body.append(utf8: filter)
        body.append(#"","ack_policy":"none","flow_control":true,"idle_heartbeat":"#)
        body.appendDecimal(FollowTimes.heartbeat * 1_000_000)
        body.append(#","inactive_threshold":30000000000,"mem_storage":true,"num_replicas":1}}"#)
        return JetStreamRequest(
            subject: "$JS.API.CONSUMER.CREATE.\(stream).\(name).\(filter)", body: body)
    }

    /// A consumer that delivers nothing: its answer says how many records there are under `filter`, exactly, in some tens
    /// of milliseconds at a million. (What a stream's information can count are subjects by name, 100,000 a page.)
    static func createCounter(name: String, filter: String) -> JetStreamRequest {
        var body: [UInt8] = []
        body.append(#"{"stream_name":""#)
        body.append(utf8: stream)
        body.append(#"","config":{"name":"#)
        body.appendJSONString(Array(name.utf8).rawSpan)
        body.append(#","deliver_policy":"all","filter_subject":""#)
        body.append(utf8: filter)
        body.append(#"","ack_policy":"none","inactive_threshold":5000000000,"mem_storage":true,"num_replicas":1}}"#)
        return JetStreamRequest(subject: "$JS.API.CONSUMER.CREATE.\(stream).\(name).\(filter)", body: body)
    }

    /// A page of the stream's consumers.
    static func consumers(offset: UInt64) -> JetStreamRequest {
        var body: [UInt8] = []
        body.append(#"{"offset":"#)
        body.appendDecimal(offset)
        body.append("}")
        return JetStreamRequest(subject: "$JS.API.CONSUMER.LIST.\(stream)", body: body)
    }

    static func deleteConsumer(name: String) -> JetStreamRequest {
        JetStreamRequest(subject: "$JS.API.CONSUMER.DELETE.\(stream).\(name)")
    }
}
