/// What the stream's leader tells of the stream.
struct StreamState: Equatable, Sendable {
    /// When it was created, as the server gives it: its identity.
    var created: String
    var lastSequence: UInt64
    /// A purge moves it above everything that was there.
    var firstSequence: UInt64 = 0
    /// How long ago, in milliseconds, the leader last heard of a majority: it may have been deposed since, without
    /// knowing. 0 for a stream on one server.
    var quorumAge: Int64 = 0
    /// The server's clock, in Unix milliseconds.
    var time: Int64 = 0
    /// Records that were stored before this (Unix nanoseconds, the server's clock) are dropped for their age.
    var keptSince: UInt64 = 0
}
