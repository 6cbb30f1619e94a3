internal import StrictJSON
package import TokenOperations

extension LedgerEntry {
    /// The columns' names, and a line feed.
    package static let heading = """
        \("SEQUENCE".paddedLeft(to: sequenceWidth))  \("STORED".padded(to: timeWidth))  \("EXPIRES".padded(to: timeWidth))  \
        \("IN".padded(to: leftWidth))  WHAT

        """

    private static let sequenceWidth = 12
    private static let timeWidth = 20
    private static let leftWidth = 11

    /// A line: where it stands, when it was stored, when it expires and how far that is, what it is.
    package func appendText(at now: UnixTime, to bytes: inout [UInt8]) {
        bytes.append(utf8: String(sequence).paddedLeft(to: Self.sequenceWidth) + "  ")
        RFC3339.append(storedAt, withMilliseconds: false, to: &bytes)
        bytes.append("  ")
        if let expiresAt {
            bytes.append(utf8: RFC3339.text(expiresAt).padded(to: Self.timeWidth))
            bytes.append("  ")
            bytes.append(utf8: Self.left(until: expiresAt, at: now).padded(to: Self.leftWidth))
        } else {
            bytes.append(utf8: "-".padded(to: Self.timeWidth) + "  " + "-".padded(to: Self.leftWidth))
        }
        bytes.append("  ")
        appendContent(to: &bytes)
        bytes.append("\n")
    }

    private static func left(until expiresAt: UnixTime, at now: UnixTime) -> String {
        guard expiresAt > now else { return "expired" }
        // Some seconds that nobody will live to see end.
        let (left, overflow) = expiresAt.milliseconds.subtractingReportingOverflow(now.milliseconds)
        return overflow ? "for ever" : Wording.duration(seconds: left / 1_000)
    }

    private func appendContent(to bytes: inout [UInt8]) {
        switch content {
        case .revocation(let revocation):
            bytes.append(revocation.kind == .family ? "revoked   family " : "revoked   access ")
            revocation.id.appendText(to: &bytes)
            bytes.append(utf8: " \(revocation.reason.rawValue)")
        case .redemption(let redemption):
            bytes.append("redeemed  family ")
            redemption.family.appendText(to: &bytes)
            bytes.append(utf8: " generation \(redemption.generation), for access ")
            redemption.successor.accessID.appendText(to: &bytes)
            bytes.append(" refresh ")
            redemption.successor.refreshID.appendText(to: &bytes)
        case .epoch(let epoch):
            bytes.append("epoch ")
            bytes.append(utf8: epoch.name)
            switch epoch.state {
            case .whole: bytes.append(", whole")
            case .repairing: bytes.append(", being repaired")
            case .presumed: bytes.append(", presumed whole")
            }
            bytes.append(", redemptions since ")
            RFC3339.append(UnixTime(milliseconds: epoch.redeemedSince), withMilliseconds: false, to: &bytes)
        case .probe:
            bytes.append("probe")
        case .fence:
            bytes.append("fence")
        case .unreadable(let reason):
            bytes.append(utf8: "NOT THIS SERVICE'S: \(subject.printable): \(reason.printable)")
        }
    }
}
