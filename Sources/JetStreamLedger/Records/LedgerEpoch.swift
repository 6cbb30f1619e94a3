internal import StrictJSON

/// The record at `ledger.epoch`: `{"state":"whole","name":"…","redeemed_since":ms}`. It says whether all that was acknowledged is in the
/// stream, and it goes with whatever an operator takes away: a purge, a deletion, another disk.
///
/// So a replica that starts, or comes back, can see that something is missing which it cannot know of itself, and waits
/// until those that know have brought it back. One epoch for all; it is written by compare-and-set over itself.
package struct LedgerEpoch: Equatable, Sendable {
    package enum State: String, Sendable {
        case whole
        /// Something is gone, and the replicas that know it are publishing it again.
        case repairing
        /// Said by a replica that could not know whether any other knows more: the one that begins a stream, or one that
        /// has waited in vain for those that knew what was gone. Who does know more begins a repair over it.
        case presumed
    }

    package var state: State
    /// One repair, or the stream's first beginning. Two replicas that repair the same loss do so under the same name, and
    /// so can tell it from the next loss.
    package var name: String
    /// Unix milliseconds, by the server's clock: of what was redeemed before, the stream may have lost the record, and no replica
    /// knows it. A refresh token that was issued before is refused, for it could have been redeemed.
    package var redeemedSince: Int64

    func encoded() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(#"{"state":""#)
        bytes.append(utf8: state.rawValue)
        bytes.append(#"","name":"#)
        bytes.appendJSONString(Array(name.utf8).rawSpan)
        bytes.append(#","redeemed_since":"#)
        bytes.appendDecimal(redeemedSince)
        bytes.append("}")
        return bytes
    }

    static func decode(_ body: RawSpan) throws(RecordError) -> LedgerEpoch {
        var state: State?
        var name: String?
        var redeemedSince: Int64?
        do throws(JSONError) {
            var scanner = JSONScanner(body)
            try scanner.beginObject()
            while let key = try scanner.nextKey() {
                if scanner.matches(key, "state") {
                    state = State(rawValue: try scanner.readText())
                } else if scanner.matches(key, "name") {
                    name = try scanner.readText()
                } else if scanner.matches(key, "redeemed_since") {
                    redeemedSince = try scanner.readInteger()
                } else {
                    try scanner.skipValue()
                }
            }
            try scanner.finish()
        } catch {
            throw RecordError("the epoch's body is not JSON: \(error)")
        }
        guard let state, let name, let redeemedSince else { throw RecordError("the epoch's body lacks a member") }
        return LedgerEpoch(state: state, name: name, redeemedSince: redeemedSince)
    }
}

/// The epoch as it stands in the stream. One that cannot be read says nothing: `epoch` is nil, and it can be replaced.
struct FoundEpoch: Equatable, Sendable {
    var epoch: LedgerEpoch?
    var sequence: UInt64

    init(_ epoch: LedgerEpoch?, at sequence: UInt64) {
        self.epoch = epoch
        self.sequence = sequence
    }
}
