package import Blacklist
internal import StrictJSON

internal import TokenOperations

/// The names that the ledger's stream and its records go by. One message a subject: the last record is the record.
package enum LedgerSubject {
    package static let stream = "TOKEN_LEDGER"
    /// What the stream holds.
    package static let prefix = "ledger."
    package static let all = "ledger.>"
    /// What every replica follows.
    package static let revocations = "ledger.revoked.>"
    package static let redemptions = "ledger.redeemed.>"

    /// A replica's proof, at its start, that writes are taken.
    package static let probe = "ledger.probe"

    /// Whether the stream holds all that it should: `LedgerEpoch`.
    package static let epoch = "ledger.epoch"

    /// Stored among the revocations and delivered with them, so that whoever has been delivered it has been delivered all
    /// that was stored before. One for all replicas: the stream holds one of them at the most.
    package static let fence = "ledger.revoked.fence"

    private static let revokedPrefix = "ledger.revoked."
    private static let redeemedPrefix = "ledger.redeemed."

    package static func revoked(_ id: UUIDv7) -> String { revokedPrefix + id.text }
    package static func redeemed(_ family: UUIDv7) -> String { redeemedPrefix + family.text }

    /// All records of a family: what a redemption is a compare-and-set over, so that it loses to an earlier redemption
    /// and to a revocation alike.
    package static func family(_ family: UUIDv7) -> String { "ledger.*." + family.text }

    package enum Kind: Equatable, Sendable {
        case revoked(UUIDv7)
        case redeemed(UUIDv7)
    }

    /// What a record's subject says that it is; nil for one that this service does not write.
    package static func kind(of subject: String) -> Kind? {
        if let id = id(in: subject, after: revokedPrefix) { return .revoked(id) }
        if let id = id(in: subject, after: redeemedPrefix) { return .redeemed(id) }
        return nil
    }

    static func isFence(_ subject: RawSpan) -> Bool {
        let name = fence.utf8Span.span
        guard subject.byteCount == name.count else { return false }
        for index in name.indices where subject[index] != name[index] { return false }
        return true
    }

    /// The id of a revocation's subject, without a copy of it: it is asked for every delivery.
    static func revokedID(_ subject: RawSpan) -> UUIDv7? {
        let prefix = revokedPrefix.utf8Span.span
        guard subject.byteCount > prefix.count else { return nil }
        for index in prefix.indices where subject[index] != prefix[index] { return nil }
        return UUIDv7(text: subject.extracting(prefix.count..<subject.byteCount))
    }

    private static func id(in subject: String, after prefix: String) -> UUIDv7? {
        guard subject.hasPrefix(prefix) else { return nil }
        let text = Array(subject.utf8.dropFirst(prefix.utf8.count))
        return UUIDv7(text: text.rawSpan)
    }
}
