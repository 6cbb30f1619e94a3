internal import StrictJSON
internal import TokenOperations

extension LedgerStatus {
    /// One object and a line feed:
    /// `{"api_level":5,"stream":{"name","created","messages","bytes","max_bytes","first_sequence","last_sequence",
    /// "first_time","last_time","max_age_seconds","replicas","cluster","leader","followers":[{"name","current","offline",
    /// "lag","heard_ago_seconds"}],"records":{"revocations","redemptions","probes","fences","others"},
    /// "consumer_count","consumers":[{"name","filter","pending","delivered_sequence","bound"}]},"troubles":["…"]}`.
    ///
    /// null: `stream` when there is none, `records` when they could not be counted, `consumers` when they may not be
    /// asked for, `cluster` without one, `leader` while there is none, `heard_ago_seconds` for never, `first_time` and
    /// `last_time` of an empty stream.
    package func appendJSON(to bytes: inout [UInt8]) {
        var object = JSONObject()
        object.add("api_level", apiLevel)
        object.add("stream") { bytes in
            guard let stream else { return bytes.append("null") }
            bytes.append(contentsOf: Self.json(stream))
        }
        object.add("troubles", troubles)
        object.appendLine(to: &bytes)
    }

    private static func json(_ stream: Stream) -> [UInt8] {
        let (details, configuration) = (stream.details, stream.information.configuration)
        var object = JSONObject()
        object.add("name", configuration.name)
        object.add("created", details.created)
        object.add("messages", Int64(clamping: details.messages))
        object.add("bytes", details.bytes)
        object.add("max_bytes", configuration.maxBytes)
        object.add("first_sequence", Int64(clamping: details.firstSequence))
        object.add("last_sequence", Int64(clamping: details.lastSequence))
        object.add("first_time", details.firstTime.map { RFC3339.text($0, withMilliseconds: true) })
        object.add("last_time", details.lastTime.map { RFC3339.text($0, withMilliseconds: true) })
        object.add("max_age_seconds", configuration.maxAge / 1_000_000_000)
        object.add("replicas", configuration.replicas)
        object.add("cluster", details.cluster.name)
        object.add("leader", details.cluster.leader)
        object.add("followers", details.cluster.followers.map(json))
        object.add("records") { bytes in
            guard let counts = stream.counts else { return bytes.append("null") }
            var object = JSONObject()
            object.add("revocations", Int64(clamping: counts.revocations))
            object.add("redemptions", Int64(clamping: counts.redemptions))
            object.add("epochs", Int64(clamping: counts.epochs))
            object.add("probes", Int64(clamping: counts.probes))
            object.add("fences", Int64(clamping: counts.fences))
            object.add("others", Int64(clamping: counts.others))
            bytes.append(contentsOf: object.bytes)
        }
        switch stream.consumers {
        case .named(let consumers):
            object.add("consumer_count", Int64(consumers.count))
            object.add("consumers", consumers.map(json))
        case .counted(let count):
            object.add("consumer_count", count)
            object.add("consumers", nil as String?)
        }
        return object.bytes
    }

    private static func json(_ follower: StreamDetails.Follower) -> [UInt8] {
        var object = JSONObject()
        object.add("name", follower.name)
        object.add("current", follower.isCurrent)
        object.add("offline", follower.isOffline)
        object.add("lag", follower.lag)
        object.add("heard_ago_seconds", follower.heardAgo == 0 ? nil : follower.heardAgo / 1_000_000_000)
        return object.bytes
    }

    private static func json(_ consumer: StreamConsumer) -> [UInt8] {
        var object = JSONObject()
        object.add("name", consumer.name)
        object.add("filter", consumer.filter)
        object.add("pending", Int64(clamping: consumer.pending))
        object.add("delivered_sequence", Int64(clamping: consumer.deliveredSequence))
        object.add("bound", consumer.isBound)
        return object.bytes
    }
}
