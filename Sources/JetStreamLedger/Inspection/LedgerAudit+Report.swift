internal import StrictJSON

extension LedgerAudit {
    /// What was found, the verdict last.
    package func appendText(to bytes: inout [UInt8]) {
        bytes.append(contentsOf: text.utf8)
    }

    private var text: String {
        var lines: [String] = []
        if hasRead {
            lines.append(
                """
                records  \(Wording.count(revocations, "revocation")), \(Wording.count(redemptions, "redemption")), \
                \(Wording.count(epochs, "epoch")), \(Wording.count(probes, "probe")), \
                \(Wording.count(fences, "fence")), \(Wording.count(unreadable.count, "other"))
                """)
            lines.append(
                """
                expiry   \(Wording.count(expiry.expired)) expired, \(Wording.count(expiry.withinHour)) within an hour, \
                \(Wording.count(expiry.withinDay)) within a day, \(Wording.count(expiry.withinWeek)) within a week, \
                \(Wording.count(expiry.later)) later
                """)
        }
        lines += start.remarks.map { "remark   " + $0 }
        lines += problems.map { "problem  " + $0.replacing("\n", with: "\n         ") }
        lines.append("verdict  " + verdict)
        return lines.map { $0 + "\n" }.joined()
    }

    private var verdict: String {
        switch standing {
        case .fits: "this configuration can serve this ledger"
        case .doesNotFit: "something is to be done before this configuration serves this ledger"
        case .unreachable: "not known"
        }
    }

    private var hasRead: Bool { interruption == nil || revocations + redemptions + epochs + probes + fences + unreadable.count > 0 }

    /// One object and a line feed:
    /// `{"verdict":"fits"|"does_not_fit"|"unreachable","problems":["…"],"remarks":["…"],"records":{"revocations",
    /// "redemptions","epochs","probes","fences","unreadable","outlived","senseless"},"expiry":{"expired","within_hour",
    /// "within_day","within_week","later"},"complete":true}`; `complete` says whether every record was read.
    package func appendJSON(to bytes: inout [UInt8]) {
        var object = JSONObject()
        object.add("verdict", standing.rawValue)
        object.add("problems", problems)
        object.add("remarks", start.remarks)
        object.add("records", [
            ("revocations", revocations), ("redemptions", redemptions), ("epochs", epochs), ("probes", probes),
            ("fences", fences), ("unreadable", unreadable.count), ("outlived", outlived.count), ("senseless", senseless.count),
        ])
        object.add("expiry", [
            ("expired", expiry.expired), ("within_hour", expiry.withinHour), ("within_day", expiry.withinDay),
            ("within_week", expiry.withinWeek), ("later", expiry.later),
        ])
        object.add("complete", interruption == nil)
        object.appendLine(to: &bytes)
    }
}

extension JSONObject {
    fileprivate mutating func add(_ key: StaticString, _ numbers: [(StaticString, UInt64)]) {
        var object = JSONObject()
        for (key, number) in numbers { object.add(key, Int64(clamping: number)) }
        add(key) { $0.append(contentsOf: object.bytes) }
    }
}
