internal import StrictJSON
package import TokenOperations

extension LedgerEntry {
    /// One object and a line feed. Times are RFC 3339 with milliseconds; every record has
    /// `{"sequence":1,"stored_at":"…","subject":"…","type":"…","expires_at":"…","expired":false, …}`, the last two null for
    /// what does not expire. By `type`:
    /// - `revocation`: `kind` (`family`, `access_token`), `id`, `reason` (`blacklisted`, `reused`);
    /// - `redemption`: `family`, `generation`, `token_id`, `redeemed_at`, and
    ///   `successor: {access_id, refresh_id, access_expires_at, refresh_expires_at}`;
    /// - `epoch`: `name`; `state`: `whole`, or `repairing` while replicas bring back
    ///   what the stream has lost, `presumed` when the one that wrote it could not know whether any knew more;
    ///   `redeemed_since`: refresh tokens that were issued before are refused;
    /// - `probe`, `fence`: nothing more;
    /// - `unreadable`: `problem`.
    package func appendJSON(at now: UnixTime, to bytes: inout [UInt8]) {
        var object = JSONObject()
        object.add("sequence", Int64(clamping: sequence))
        object.add("stored_at", storedAt)
        object.add("subject", subject)
        switch content {
        case .revocation(let revocation):
            object.add("type", "revocation")
            object.add("kind", revocation.kind.rawValue)
            object.add("id", revocation.id.text)
            object.add("reason", revocation.reason.rawValue)
        case .redemption(let redemption):
            object.add("type", "redemption")
            Self.add(redemption, to: &object)
        case .epoch(let epoch):
            object.add("type", "epoch")
            object.add("name", epoch.name)
            object.add("state", epoch.state.rawValue)
            object.add("redeemed_since", UnixTime(milliseconds: epoch.redeemedSince))
        case .probe:
            object.add("type", "probe")
        case .fence:
            object.add("type", "fence")
        case .unreadable(let problem):
            object.add("type", "unreadable")
            object.add("problem", problem)
        }
        object.add("expires_at", expiresAt)
        if let expiresAt { object.add("expired", expiresAt <= now) } else { object.add("expired", nil as String?) }
        object.appendLine(to: &bytes)
    }

    private static func add(_ redemption: Redemption, to object: inout JSONObject) {
        object.add("family", redemption.family.text)
        object.add("generation", redemption.generation)
        object.add("token_id", redemption.tokenID.text)
        object.add("redeemed_at", redemption.redeemedAt)
        var successor = JSONObject()
        successor.add("access_id", redemption.successor.accessID.text)
        successor.add("refresh_id", redemption.successor.refreshID.text)
        successor.add("access_expires_at", UnixTime(seconds: redemption.successor.accessExpiresAt))
        successor.add("refresh_expires_at", UnixTime(seconds: redemption.successor.refreshExpiresAt))
        object.add("successor") { $0.append(contentsOf: successor.bytes) }
    }
}

extension JSONObject {
    fileprivate mutating func add(_ key: StaticString, _ time: UnixTime?) {
        add(key) { bytes in
            guard let time else { return bytes.append("null") }
            bytes.append("\"")
            RFC3339.append(time, withMilliseconds: true, to: &bytes)
            bytes.append("\"")
        }
    }
}
