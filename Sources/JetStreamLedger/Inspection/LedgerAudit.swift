internal import TokenOperations

/// What `ledger verify` finds out: whether `serve` would start, and whether every record is one that it understands, and
/// stays for as long as it matters. Pure; its memory does not grow with the records.
package struct LedgerAudit: Equatable, Sendable {
    /// One kind of what can be wrong with a record: how many, and the first ones by name.
    struct Finding: Equatable, Sendable {
        var count: UInt64 = 0
        var examples: [String] = []

        static let mostExamples = 10

        mutating func add(_ entry: LedgerEntry, _ what: String) {
            count += 1
            guard examples.count < Self.mostExamples else { return }
            examples.append("sequence \(entry.sequence), \(entry.subject.printable): \(what.printable)")
        }
    }

    /// How many records expire when.
    struct Expiry: Equatable, Sendable {
        var expired: UInt64 = 0
        var withinHour: UInt64 = 0
        var withinDay: UInt64 = 0
        var withinWeek: UInt64 = 0
        var later: UInt64 = 0

        mutating func add(_ milliseconds: Int64) {
            switch milliseconds {
            case ...0: expired += 1
            case ...3_600_000: withinHour += 1
            case ...86_400_000: withinDay += 1
            case ...604_800_000: withinWeek += 1
            default: later += 1
            }
        }
    }

    var start: StartVerdict
    var revocations: UInt64 = 0
    var redemptions: UInt64 = 0
    var epochs: UInt64 = 0
    var probes: UInt64 = 0
    var fences: UInt64 = 0
    var expiry = Expiry()
    /// Not this service's.
    var unreadable = Finding()
    /// Dropped by the stream before they expire.
    var outlived = Finding()
    /// Redemptions that no replica would have written.
    var senseless = Finding()
    /// Why not every record was read; nil when each was.
    package var interruption: String?
    private let now: UnixTime
    /// Milliseconds; nil for ever. As it would be once `serve` has started.
    private let maxAge: Int64?

    /// - Parameters:
    ///   - maxAge: the stream's, in nanoseconds; 0 for ever.
    ///   - wanted: what `serve` would raise it to.
    init(start: StartVerdict, maxAge: Int64, wanted: Int64, now: UnixTime) {
        self.start = start
        self.now = now
        self.maxAge = maxAge == 0 ? nil : max(maxAge, wanted) / 1_000_000
    }

    package mutating func add(_ entry: LedgerEntry) {
        switch entry.content {
        case .revocation: revocations += 1
        case .redemption(let redemption):
            redemptions += 1
            if let nonsense = redemption.nonsense(storedAt: entry.storedAt) { senseless.add(entry, nonsense) }
        case .epoch: epochs += 1
        case .probe: probes += 1
        case .fence: fences += 1
        case .unreadable(let reason): unreadable.add(entry, reason)
        }
        guard let expiresAt = entry.expiresAt else { return }
        expiry.add(Self.difference(expiresAt, now))
        if let maxAge, Self.difference(expiresAt, entry.storedAt) > maxAge {
            outlived.add(entry, "it expires at \(RFC3339.text(expiresAt)) and was stored at \(RFC3339.text(entry.storedAt))")
        }
    }

    private static func difference(_ later: UnixTime, _ earlier: UnixTime) -> Int64 {
        let (difference, overflow) = later.milliseconds.subtractingReportingOverflow(earlier.milliseconds)
        return overflow ? (later > earlier ? .max : .min) : difference
    }

    /// What is known to be wrong counts more than what is not known.
    package var standing: StartVerdict.Standing {
        if start.standing == .doesNotFit || [unreadable, outlived, senseless].contains(where: { $0.count > 0 }) {
            return .doesNotFit
        }
        return interruption == nil ? start.standing : .unreachable
    }

    /// What is wrong and what to do, a paragraph each.
    var problems: [String] {
        var problems: [String] = []
        if let problem = start.problem { problems.append(problem) }
        // What keeps it from starting has been told in better words.
        if let interruption, start.problem == nil { problems.append("not every record was read: \(interruption)") }
        problems += Self.problem(
            unreadable,
            """
            not this service's. A revocation that cannot be read counts as one; a redemption that cannot be read keeps its \
            family from being refreshed (503). Find out who else writes to \(LedgerSubject.all), and forbid it
            """)
        problems += Self.problem(
            outlived,
            """
            to be dropped by the stream before they expire (max_age): what they revoke would be valid again. They were \
            written for longer lifetimes: start a replica with those, which raises max_age, or raise it by hand
            """)
        problems += Self.problem(
            senseless,
            """
            redemptions that no replica would have written so. A refresh of their families may be taken for theft. Check \
            the replicas' clocks, and who else writes to \(LedgerSubject.all)
            """)
        return problems
    }

    private static func problem(_ finding: Finding, _ what: String) -> [String] {
        guard finding.count > 0 else { return [] }
        var text = "\(Wording.count(finding.count, "record")): \(what)"
        for example in finding.examples { text += "\n  \(example)" }
        let rest = finding.count - UInt64(finding.examples.count)
        if rest > 0 { text += "\n  and \(Wording.count(rest)) more; `token-service ledger list` shows them" }
        return [text]
    }
}
