internal import TokenOperations

extension LedgerStatus {
    /// A line for each thing, its name before it; what is wrong at the end.
    package func appendText(to bytes: inout [UInt8]) {
        bytes.append(contentsOf: text.utf8)
    }

    private var text: String {
        var rows: [(String, String)] = [("server", "JetStream API level \(apiLevel)")]
        if let stream { rows += Self.rows(stream) }
        rows += troubles.map { ("trouble", $0) }
        if troubles.isEmpty { rows.append(("trouble", "none")) }
        let width = rows.map(\.0.count).max() ?? 0
        return rows.map { $0.padded(to: width) + "  " + $1 + "\n" }.joined()
    }

    private static func rows(_ stream: Stream) -> [(String, String)] {
        let details = stream.details
        let configuration = stream.information.configuration
        var rows = [("stream", "\(configuration.name), created \(details.created.printable)")]
        rows.append(("records", records(stream)))
        rows.append(("size", "\(Wording.bytes(details.bytes)), \(limit(configuration.maxBytes))"))
        rows.append(("sequences", "\(details.firstSequence) to \(details.lastSequence)"))
        if let oldest = details.firstTime, let newest = details.lastTime {
            rows.append(("stored", "\(RFC3339.text(oldest)) to \(RFC3339.text(newest))"))
        }
        rows.append(("max_age", age(configuration.maxAge)))
        rows.append(("replicas", replicas(details.cluster, of: configuration.replicas)))
        for follower in details.cluster.followers { rows.append(("", self.follower(follower))) }
        switch stream.consumers {
        case .named(let consumers):
            rows.append(("followers", consumers.isEmpty ? "none" : "\(consumers.count)"))
            rows += consumers.map { ("", consumer($0)) }
        case .counted(let count):
            rows.append(("followers", "\(count); for their names the NATS user needs to publish to $JS.API.CONSUMER.LIST.\(LedgerSubject.stream)"))
        }
        return rows
    }

    private static func records(_ stream: Stream) -> String {
        let total = Wording.count(stream.details.messages)
        guard let counts = stream.counts else { return "\(total); of which kind could not be counted" }
        return """
            \(total): \(Wording.count(counts.revocations, "revocation")), \(Wording.count(counts.redemptions, "redemption")), \
            \(Wording.count(counts.epochs, "epoch")), \(Wording.count(counts.probes, "probe")), \
            \(Wording.count(counts.fences, "fence")), \(Wording.count(counts.others, "other"))
            """
    }

    private static func limit(_ maxBytes: Int64) -> String {
        maxBytes <= 0 ? "no limit of its own" : "of at most \(Wording.bytes(maxBytes)) (max_bytes)"
    }

    private static func age(_ nanoseconds: Int64) -> String {
        nanoseconds == 0 ? "for ever" : Wording.duration(seconds: nanoseconds / 1_000_000_000)
    }

    private static func replicas(_ cluster: StreamDetails.Cluster, of wanted: Int64) -> String {
        guard let name = cluster.name else { return "\(wanted), on a server without a cluster" }
        let leader = cluster.leader.map { "leader \($0.printable)" } ?? "no leader"
        return "\(wanted) in cluster \(name.printable), \(leader)"
    }

    private static func follower(_ follower: StreamDetails.Follower) -> String {
        let state = follower.isOffline ? "offline" : follower.isCurrent ? "current" : "not current"
        let heard =
            follower.heardAgo == 0
            ? "never heard of" : "heard of \(follower.heardAgo / 1_000_000_000).\(follower.heardAgo / 100_000_000 % 10) s ago"
        return "\(follower.name.printable): \(state), lag \(Wording.count(follower.lag)), \(heard)"
    }

    private static func consumer(_ consumer: StreamConsumer) -> String {
        let bound = consumer.isBound ? "" : ", nobody listens"
        return "\(consumer.name.printable): \(Wording.count(consumer.pending)) pending, up to sequence \(consumer.deliveredSequence)\(bound)"
    }
}
