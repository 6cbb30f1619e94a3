internal import TokenOperations

/// How the ledger stands: what the server says of it, and what is wrong about it, in words.
package struct LedgerStatus: Equatable, Sendable {
    /// Records by what they are. `others` are of subjects that this service does not write.
    struct Counts: Equatable, Sendable {
        var revocations: UInt64
        var redemptions: UInt64
        var epochs: UInt64
        var probes: UInt64
        var fences: UInt64
        var others: UInt64
    }

    /// Who follows the stream.
    enum Consumers: Equatable, Sendable {
        case named([StreamConsumer])
        /// The NATS user may not ask for their names.
        case counted(Int64)
    }

    var apiLevel: Int64
    /// nil: there is no stream.
    var stream: Stream?

    struct Stream: Equatable, Sendable {
        var information: StreamInformation
        var details: StreamDetails
        /// nil when they could not be counted.
        var counts: Counts?
        var consumers: Consumers
    }

    /// What is wrong, and what to do; empty when all is well.
    package var troubles: [String]

    /// - Parameter remark: on records that are missing.
    init(apiLevel: Int64, stream: Stream?, wanted: StreamConfiguration, remark: String? = nil) {
        self.apiLevel = apiLevel
        self.stream = stream
        troubles = []
        if apiLevel < 1 { troubles.append(StartTrouble.tooOld) }
        if let stream {
            troubles += Self.troubles(of: stream.information, wanted)
            troubles += Self.troubles(of: stream.details, stream.information)
            if let remark { troubles.append(remark) }
        } else {
            troubles.append(StartInspection.missing)
        }
    }

    private static func troubles(of information: StreamInformation, _ wanted: StreamConfiguration) -> [String] {
        var troubles: [String] = []
        let found = information.configuration
        switch wanted.verdict(on: found) {
        case .fits: break
        case .raiseMaxAge(let maxAge): troubles.append(StartInspection.raises(from: found.maxAge, to: maxAge))
        case .refuse(let text): troubles.append(text)
        }
        if information.isFull {
            troubles.append(StartTrouble.full(information))
        } else if found.maxBytes > 0, information.bytes / 4 >= found.maxBytes / 5 {
            troubles.append("the stream is nearly full: raise max_bytes before writes are refused; nothing in it can be spared")
        }
        return troubles
    }

    private static func troubles(of details: StreamDetails, _ information: StreamInformation) -> [String] {
        guard details.cluster.leader != nil else {
            return [
                """
                the stream has no leader: what is told here may be old, and nothing can be written. An election takes some \
                seconds; if it lasts, start the nats-servers that are down
                """
            ]
        }
        var troubles: [String] = []
        troubles += details.cluster.followers.compactMap(trouble)
        if information.state == nil {
            troubles.append("too few of the stream's servers have been heard of for a majority: writes are not taken, and replicas stop answering")
        } else if let age = information.state?.quorumAge, age > quorumMilliseconds {
            troubles.append(
                "a majority has not been with the leader for \(Wording.duration(seconds: age / 1_000)): writes are not taken, and replicas stop answering")
        }
        let peers = Int64(details.cluster.followers.count) + 1
        if peers < information.configuration.replicas {
            troubles.append(
                "the stream is to have \(information.configuration.replicas) replicas and has \(peers): too few nats-servers with JetStream and room are up")
        }
        return troubles
    }

    private static func trouble(of follower: StreamDetails.Follower) -> String? {
        let what: String
        if follower.isOffline || follower.heardAgo == 0 {
            what = "is not reached by the leader"
        } else if follower.heardAgo > silenceNanoseconds {
            what = "has not been heard of for \(Wording.duration(seconds: follower.heardAgo / 1_000_000_000))"
        } else if !follower.isCurrent {
            what = "lags \(Wording.count(follower.lag, "entry", "entries")) behind the leader"
        } else {
            return nil
        }
        return "\(follower.name.printable) \(what): see its log"
    }

    /// The leader hears of its followers every second or so; elections begin after four.
    private static let silenceNanoseconds: Int64 = 5_000_000_000
    private static let quorumMilliseconds: Int64 = 10_000
}
