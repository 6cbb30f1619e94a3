internal import TokenOperations

/// What a stream's information tells an operator, beside its configuration.
struct StreamDetails: Equatable, Sendable {
    struct Follower: Equatable, Sendable {
        var name = ""
        /// Has all that the leader has.
        var isCurrent = false
        var isOffline = false
        /// Entries that it lacks.
        var lag: Int64 = 0
        /// Nanoseconds since the leader heard of it; 0 for never.
        var heardAgo: Int64 = 0
    }

    struct Cluster: Equatable, Sendable {
        /// nil for a server without a cluster, which tells of itself as the leader.
        var name: String?
        /// nil while there is none.
        var leader: String?
        var followers: [Follower] = []
    }

    var created = ""
    /// The server's clock, at the answer.
    var time = UnixTime(milliseconds: 0)
    var messages: UInt64 = 0
    var bytes: Int64 = 0
    var firstSequence: UInt64 = 0
    var lastSequence: UInt64 = 0
    var firstTime: UnixTime?
    var lastTime: UnixTime?
    var consumers: Int64 = 0
    var cluster = Cluster()
}

/// A consumer of the stream: a replica of this service, or whoever else reads it.
struct StreamConsumer: Equatable, Sendable {
    var name = ""
    var filter = ""
    /// Records that it has still to be given.
    var pending: UInt64 = 0
    var deliveredSequence: UInt64 = 0
    /// Somebody listens.
    var isBound = false
}
