/// The answer to `$JS.API.STREAM.INFO`, and to a creation or an update.
struct StreamInformation: Equatable, Sendable {
    var configuration: StreamConfiguration
    /// The same as the server wrote it, with all that this version does not know.
    var rawConfiguration: [UInt8]
    /// nil when the stream has no leader at the moment: then what else is told is of some follower, and may be old.
    var state: StreamState?

    /// The configuration as it is, but for its `max_age` (nanoseconds); nil when it has none to replace.
    func configuration(withMaxAge maxAge: Int64) -> [UInt8]? {
        StreamConfiguration.replacingMaxAge(in: rawConfiguration, with: maxAge)
    }
}
