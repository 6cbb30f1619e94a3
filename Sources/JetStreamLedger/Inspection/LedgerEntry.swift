internal import Blacklist
package import TokenOperations

/// One record of the stream, understood as the service understands it.
package struct LedgerEntry: Equatable, Sendable {
    package enum Content: Equatable, Sendable {
        case revocation(Revocation)
        case redemption(Redemption)
        /// A replica's proof, at its start, that writes are taken.
        case probe
        /// Whether the stream holds all that it should.
        case epoch(LedgerEpoch)
        /// What replicas prove by that they know all that was stored before it.
        case fence
        /// Not one of this service's; the text says why.
        case unreadable(String)
    }

    package var sequence: UInt64
    package var storedAt: UnixTime
    package var subject: String
    package var content: Content

    /// - Parameter time: when it was stored, in Unix nanoseconds.
    init(subject: String, sequence: UInt64, time: UInt64, body: RawSpan) {
        self.subject = subject
        self.sequence = sequence
        storedAt = UnixTime(milliseconds: Int64(time / 1_000_000))
        do throws(RecordError) {
            content = try Self.content(subject, body)
        } catch {
            content = .unreadable(error.description)
        }
    }

    private static func content(_ subject: String, _ body: RawSpan) throws(RecordError) -> Content {
        switch LedgerSubject.kind(of: subject) {
        case .revoked(let id): .revocation(try RevocationRecord.decode(body, id: id))
        case .redeemed(let family): .redemption(try RedemptionRecord.decode(body, family: family))
        case nil where subject == LedgerSubject.epoch: .epoch(try LedgerEpoch.decode(body))
        case nil where subject == LedgerSubject.probe: .probe
        case nil where subject == LedgerSubject.fence: .fence
        case nil: throw RecordError("its subject is none that this service writes")
        }
    }

    /// From when on it does not matter any more; nil for what never does, or cannot be told.
    package var expiresAt: UnixTime? {
        switch content {
        case .revocation(let revocation): revocation.expiresAt
        case .redemption(let redemption): redemption.expiresAt
        case .epoch, .probe, .fence, .unreadable: nil
        }
    }
}

extension Redemption {
    /// Clocks may differ, a write may be tried for some seconds, and nobody runs a service with more than this.
    private static let clockMilliseconds: Int64 = 300_000

    /// What no replica would write; nil when it is sound.
    ///
    /// - Parameter storedAt: by the server's clock.
    func nonsense(storedAt: UnixTime) -> String? {
        let redeemed = redeemedAt.milliseconds
        let apart = redeemed.subtractingReportingOverflow(storedAt.milliseconds)
        if generation < 0 { return "its generation is \(generation)" }
        if apart.overflow || apart.partialValue.magnitude > Self.clockMilliseconds {
            return "it says \(RFC3339.text(redeemedAt)) and was stored at \(RFC3339.text(storedAt)): a clock is wrong, or it was copied"
        }
        if Set([tokenID, successor.accessID, successor.refreshID]).count < 3 { return "two of its ids are the same" }
        if family.unixMilliseconds - Self.clockMilliseconds > redeemed { return "its family is younger than itself" }
        // A token may be redeemed a little after its family's end, because clocks differ.
        let latest = redeemedAt.seconds - Self.clockMilliseconds / 1_000
        if min(successor.accessExpiresAt, successor.refreshExpiresAt) < latest {
            return "its successors expire before they are issued"
        }
        if UnixTime(seconds: successor.refreshExpiresAt) > expiresAt { return "it expires before its successor does" }
        return nil
    }
}
