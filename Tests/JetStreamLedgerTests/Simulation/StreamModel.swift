import Blacklist
import StrictJSON
import TokenOperations

@testable import JetStreamLedger

/// The stream, in a hundred lines: one message a subject, compare-and-set over a family's subjects, message ids, in the
/// order in which nats-server 2.15.1 looks at them.
struct StreamModel {
    struct Record {
        var sequence: UInt64
        /// Unix nanoseconds.
        var time: UInt64
        var subject: String
        var body: [UInt8]

        var position: FollowMachine.Position { .init(sequence: sequence, time: time) }
    }

    var created: String
    /// By sequence.
    private(set) var records: [Record] = []
    private(set) var lastSequence: UInt64 = 0
    private var duplicates: [String: UInt64] = [:]

    init(created: String) {
        self.created = created
    }

    /// - Parameter isConditional: false for the fault that takes everything.
    /// - Returns: what the server answers, and whether anything was stored now.
    mutating func publish(
        _ subject: String, _ condition: LedgerSend.Condition?, _ messageID: String?, _ body: [UInt8], time: UInt64,
        isConditional: Bool = true
    ) -> (outcome: PublishOutcome, isNew: Bool) {
        if isConditional, let condition {
            let name = condition.subjects.dropFirst("ledger.*.".count)
            guard (lastOfFamily(String(name))?.sequence ?? 0) == condition.sequence else {
                return (.wrongLastSequence, false)
            }
        }
        if let messageID, let sequence = duplicates[messageID] { return (.stored(sequence: sequence), false) }
        records.removeAll { $0.subject == subject }
        lastSequence += 1
        records.append(Record(sequence: lastSequence, time: time, subject: subject, body: body))
        if let messageID { duplicates[messageID] = lastSequence }
        return (.stored(sequence: lastSequence), true)
    }

    /// A purge keeps the last sequence.
    mutating func purge() { records = [] }

    mutating func purge(before sequence: UInt64) { records.removeAll { $0.sequence < sequence } }

    func record(at sequence: UInt64) -> Record? { records.first { $0.sequence == sequence } }

    func last(of subject: String) -> Record? { records.last { $0.subject == subject } }

    func lastOfFamily(_ id: String) -> Record? {
        records.last { $0.subject == "ledger.revoked.\(id)" || $0.subject == "ledger.redeemed.\(id)" }
    }

    /// Or a fence, which is delivered like one.
    static func isRevocation(_ record: Record) -> Bool { record.subject.hasPrefix("ledger.revoked.") }

    func nextRevocation(from sequence: UInt64) -> Record? {
        records.first { $0.sequence >= sequence && Self.isRevocation($0) }
    }

    /// The answer to a read of a family's last record.
    func familyRecord(_ family: UUIDv7) -> Result<FoundFamilyRecord?, RecordError> {
        guard let record = lastOfFamily(family.text) else { return .success(nil) }
        if Self.isRevocation(record) { return .success(.init(record: .revoked, position: record.position)) }
        do throws(RecordError) {
            let redemption = try RedemptionRecord.decode(record.body.rawSpan, family: family)
            return .success(
                .init(record: .redeemed(redemption, revision: record.sequence), position: record.position))
        } catch {
            return .failure(error)
        }
    }

    /// - Parameter time: Unix milliseconds.
    func state(quorumAge: Int64, at time: Int64) -> StreamState {
        StreamState(
            created: created, lastSequence: lastSequence, firstSequence: records.first?.sequence ?? lastSequence + 1,
            quorumAge: quorumAge, time: time)
    }
}
