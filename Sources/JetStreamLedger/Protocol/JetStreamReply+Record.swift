internal import FoundationEssentials
internal import StrictJSON
internal import TokenOperations

/// A message of the stream, as `$JS.API.STREAM.MSG.GET` answers it.
struct StoredRecord: Equatable, Sendable {
    var subject: String
    var position: FollowMachine.Position
    var body: [UInt8]
}

/// A family's last record, and where it stands.
struct FoundFamilyRecord: Equatable, Sendable {
    var record: FamilyRecord
    var position: FollowMachine.Position
}

extension JetStreamReply {
    /// The answer to `JetStreamRequest.record` and `.lastRecord`; nil when there is none.
    static func record(_ body: RawSpan) throws(JetStreamError) -> StoredRecord? {
        var record: StoredRecord?
        do throws(JetStreamError) {
            try read(body) { scanner, key throws(JSONError) in
                guard scanner.matches(key, "message") else { return false }
                record = try readMessage(&scanner)
                return true
            }
        } catch {
            if error.errorCode == JetStreamError.noMessageFound { return nil }
            throw error
        }
        guard let record else { throw .unreadable }
        return record
    }

    /// The answer to `JetStreamRequest.epoch`; nil when there is none.
    static func epoch(_ body: RawSpan) throws(JetStreamError) -> FoundEpoch? {
        guard let found = try record(body) else { return nil }
        return FoundEpoch(try? LedgerEpoch.decode(found.body.rawSpan), at: found.position.sequence)
    }

    /// The answer to `JetStreamRequest.lastRecord` over a family's subjects.
    static func familyRecord(_ body: RawSpan) -> Result<FoundFamilyRecord?, RecordError> {
        let found: StoredRecord?
        do throws(JetStreamError) {
            found = try record(body)
        } catch {
            return .failure(RecordError(error.description))
        }
        guard let found else { return .success(nil) }
        switch LedgerSubject.kind(of: found.subject) {
        case .revoked:
            return .success(FoundFamilyRecord(record: .revoked, position: found.position))
        case .redeemed(let family):
            do throws(RecordError) {
                let redemption = try RedemptionRecord.decode(found.body.rawSpan, family: family)
                return .success(
                    FoundFamilyRecord(
                        record: .redeemed(redemption, revision: found.position.sequence), position: found.position))
            } catch {
                return .failure(error)
            }
        case nil:
            return .failure(RecordError("a family's last record has the subject \(found.subject)"))
        }
    }

    /// nil when it lacks a member, or one is not what it should be.
    private static func readMessage(_ scanner: inout JSONScanner) throws(JSONError) -> StoredRecord? {
        var subject: String?
        var sequence: UInt64?
        var time: UInt64?
        // Left out for an empty body.
        var body: [UInt8]? = []
        try scanner.beginObject()
        while let key = try scanner.nextKey() {
            if scanner.matches(key, "subject") {
                subject = try scanner.readText()
            } else if scanner.matches(key, "seq") {
                sequence = UInt64(exactly: try scanner.readInteger())
            } else if scanner.matches(key, "time") {
                time = RFC3339.unixNanoseconds(scanner.bytes(try scanner.readString()))
            } else if scanner.matches(key, "data") {
                body = Data(base64Encoded: try scanner.readText()).map { [UInt8]($0) }
            } else {
                try scanner.skipValue()
            }
        }
        guard let subject, let sequence, let time, let body else { return nil }
        return StoredRecord(
            subject: subject, position: FollowMachine.Position(sequence: sequence, time: time), body: body)
    }
}
