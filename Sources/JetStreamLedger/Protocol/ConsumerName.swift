internal import StrictJSON

/// The names of this replica's consumers: a prefix of its own, and a number. The number tells the deliveries of the
/// latest one from those of one before.
struct ConsumerName: Equatable, Sendable {
    private let prefix: String
    private let prefixBytes: [UInt8]

    /// - Parameter instance: tells replicas apart; letters and digits only, for it becomes a part of a subject.
    init(instance: String) {
        prefix = "token-service-\(instance)-"
        prefixBytes = Array(prefix.utf8)
    }

    func name(_ number: UInt64) -> String { prefix + String(number) }

    /// The number of a consumer of this replica's; nil for another's.
    func number(of name: RawSpan) -> UInt64? {
        guard name.byteCount > prefixBytes.count else { return nil }
        for index in prefixBytes.indices where name[index] != prefixBytes[index] { return nil }
        return UInt64(decimal: name.extracting(prefixBytes.count..<name.byteCount))
    }
}
