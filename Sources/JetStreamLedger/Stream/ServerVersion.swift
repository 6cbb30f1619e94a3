/// The version of the nats-server that answers for the stream, out of the stream's metadata.
struct ServerVersion: Comparable, Sendable {
    var major: Int
    var minor: Int
    var patch: Int

    /// The first that keeps the ledger's compare-and-set whatever the order of a message's headers. Up to 2.11.6
    /// (measured), `Nats-Expected-Last-Subject-Sequence` is overlooked behind `…-Sequence-Subject`, of whose name it is the
    /// beginning, and every redemption is taken. cnats writes headers in an order of its own.
    static let oldest = ServerVersion(major: 2, minor: 11, patch: 7)

    init(major: Int, minor: Int, patch: Int) {
        (self.major, self.minor, self.patch) = (major, minor, patch)
    }

    /// `2.11.7`, and `2.12.0-RC.1`, which counts as what it is to become; nil for anything else.
    init?(_ text: String) {
        let numbers = text.prefix { $0 != "-" && $0 != "+" }.split(separator: ".", omittingEmptySubsequences: false).map { Int($0) }
        guard numbers.count == 3, let major = numbers[0], let minor = numbers[1], let patch = numbers[2] else { return nil }
        self.init(major: major, minor: minor, patch: patch)
    }

    static func < (left: ServerVersion, right: ServerVersion) -> Bool {
        (left.major, left.minor, left.patch) < (right.major, right.minor, right.patch)
    }
}
