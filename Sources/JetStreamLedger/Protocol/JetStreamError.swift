/// An error as the JetStream API gives it: an HTTP-like `code`, a unique `err_code`, and a text.
package struct JetStreamError: Error, Equatable, Sendable, CustomStringConvertible {
    package var code: Int64
    package var errorCode: Int64
    package var text: String

    package init(code: Int64, errorCode: Int64, text: String) {
        self.code = code
        self.errorCode = errorCode
        self.text = text
    }

    package var description: String { errorCode == 0 ? text : "JetStream error \(errorCode): \(text)" }

    /// Not an answer at all.
    package static let unreadable = JetStreamError(code: 0, errorCode: 0, text: "the server's answer cannot be read")

    /// Whether time alone can help: no leader at the moment, too few servers up, an answer that was cut short. The `code`
    /// says little: a full stream and an account without JetStream are 503 as well (measured on 2.15.1).
    package var mayMend: Bool {
        switch errorCode {
        case Self.noSuitablePeers, Self.storeNotCreated: true
        case Self.notEnabledForAccount, Self.notEnabled, Self.maximumBytes, Self.maximumMessages,
            Self.insufficientStorage, Self.insufficientMemory, Self.insufficientResources:
            false
        default: code == Self.temporarilyUnavailable || self == .unreadable
        }
    }

    package static let temporarilyUnavailable: Int64 = 503
    /// "wrong last sequence": the compare-and-set lost.
    package static let wrongLastSequence: Int64 = 10071
    /// Another write with a condition on the same subjects is in flight.
    package static let writeInFlight: Int64 = 10164
    /// The leader cannot check the condition yet.
    package static let cannotCheckYet: Int64 = 10163
    /// A write with the same message id is on its way: this one's first attempt, which may still be stored.
    static let duplicateInFlight: Int64 = 10158
    /// The server that was asked does not lead.
    package static let notLeader: Int64 = 10009
    package static let noMessageFound: Int64 = 10037
    package static let streamNotFound: Int64 = 10059
    /// Another replica has created the stream first, otherwise.
    package static let nameInUse: Int64 = 10058
    package static let subjectsOverlap: Int64 = 10065
    /// JetStream is there, but not for this account.
    package static let notEnabledForAccount: Int64 = 10039
    package static let notEnabled: Int64 = 10076
    /// Fewer servers are up than the stream is to have replicas.
    package static let noSuitablePeers: Int64 = 10005
    package static let replicasNeedCluster: Int64 = 10074
    /// The stream is full.
    package static let maximumBytes: Int64 = 10077
    package static let maximumMessages: Int64 = 10078
    package static let insufficientStorage: Int64 = 10047
    package static let insufficientMemory: Int64 = 10028
    /// The server's own store is full (`max_file_store`).
    package static let insufficientResources: Int64 = 10023
    /// The files of a stream that was deleted a moment ago are still being cleared away.
    package static let storeNotCreated: Int64 = 10049
}
