import ArgumentParser
import JetStreamLedger
import NATSTransport

extension LedgerCommand {
    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Every record: when it was stored, when it expires, what it is.",
            discussion: """
                In the order of their sequences, as they come; `| head` and Ctrl-C do no harm. What is stored after the \
                start of the list is not in it. Expired is what the server's clock says is.

                With --json each line is an object: sequence, stored_at, subject, type, expires_at, expired, and
                  type revocation: kind (family, access_token), id, reason (blacklisted, reused)
                  type redemption: family, generation, token_id, redeemed_at, successor {access_id, refresh_id, \
                access_expires_at, refresh_expires_at}
                  type epoch: name, state (whole; presumed: whole, as far as the replica knew that wrote it; repairing: \
                replicas are bringing back what the stream lost)
                  type probe: a replica's proof, at its start, that writes are taken
                  type fence: how replicas prove that they know all that was stored before it
                  type unreadable: problem
                """)

        @Flag(help: "Revocations only.") var revoked = false
        @Flag(help: "Redemptions only.") var redeemed = false
        @Option(help: "So many records at the most.") var limit: UInt64?
        @Option(help: "Only records behind this sequence: where an earlier list ended.") var after: UInt64 = 0
        @Flag(help: "A JSON object a line instead of a table.") var json = false
        @OptionGroup var access: Access

        func validate() throws {
            guard !(revoked && redeemed) else { throw ValidationError("--revoked and --redeemed exclude each other") }
            guard limit != 0 else { throw ValidationError("--limit must be at least 1") }
        }

        func run() throws {
            let settings = try access.settings()
            let nats = try NATSConfiguration(settings).forLedger(settings)
            try inspecting { output in
                try write(LedgerClient(nats), to: output)
                return .success
            }
        }

        private func write(_ ledger: borrowing LedgerClient, to output: StandardOutput) throws(InspectionError) {
            let now = try ledger.serverTime()
            if !json { output.write { $0.append(contentsOf: LedgerEntry.heading.utf8) } }
            var left = limit ?? .max
            try ledger.forEachRecord(
                revoked ? .revocations : redeemed ? .redemptions : .all, after: after,
                take: { entry in
                    output.write { json ? entry.appendJSON(at: now, to: &$0) : entry.appendText(at: now, to: &$0) }
                    left -= 1
                    return left > 0 && !output.isClosed
                },
                idle: { output.flush() })
        }
    }
}
