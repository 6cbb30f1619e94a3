/// The answer to `$JS.API.STREAM.INFO`, and to a creation or an update.
struct StreamInformation: Equatable, Sendable {
    var configuration: StreamConfiguration
    /// The same as the server wrote it, with all that this version does not know.
    var rawConfiguration: [UInt8]
    /// What it holds, in bytes as the server counts them.
    var bytes: Int64 = 0
    /// nil when the stream has no leader at the moment: then what else is told is of some follower, and may be old.
    var state: StreamState?

    /// A stream that is full takes a record in the place of another of the same subject, and no other; so a write that
    /// is taken does not show that there is room.
    var isFull: Bool {
        configuration.maxBytes > 0 && bytes > configuration.maxBytes - StreamConfiguration.recordBytes
    }

    /// The configuration as it is, but for its `max_age` (nanoseconds); nil when it has none to replace.
    func configuration(withMaxAge maxAge: Int64) -> [UInt8]? {
        StreamConfiguration.replacingMaxAge(in: rawConfiguration, with: maxAge)
    }
}
