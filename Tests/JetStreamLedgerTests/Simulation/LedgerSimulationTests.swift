import Foundation
import TestSupport
import Testing

@testable import JetStreamLedger

@Suite("Nothing acknowledged is forgotten, no refresh token is redeemed twice: random histories of three replicas")
struct LedgerSimulationTests {
    /// `TEST_SEED=… swift test --filter LedgerSimulationTests` plays that one history, and tells what happens in it.
    private static let given = ProcessInfo.processInfo.environment["TEST_SEED"].flatMap { UInt64($0) }

    private static let count = ProcessInfo.processInfo.environment["TEST_HISTORIES"].flatMap { UInt64($0) } ?? 40

    @Test("P1, P2 and P3 hold, and after all trouble everything comes right")
    func histories() {
        var totals = (rotations: 0, repeats: 0, reuses: 0, unknowns: 0, verified: 0, rejected: 0, checks: 0, replays: 0, unreached: 0)
        let first = Self.given ?? UInt64.random(in: .min ... .max)
        let count = Self.given == nil ? Self.count : 1
        for offset in 0..<count {
            let seed = first &+ offset
            let simulation = LedgerSimulation(seed: seed, isTraced: Self.given != nil)
            simulation.run()
            #expect(simulation.violations.isEmpty, "TEST_SEED=\(seed): \(simulation.violations.first ?? "")")
            totals.rotations += simulation.oracle.rotations
            totals.repeats += simulation.oracle.repeats
            totals.reuses += simulation.oracle.reuses
            totals.unknowns += simulation.oracle.unknowns
            totals.verified += simulation.oracle.verified
            totals.rejected += simulation.oracle.rejected
            totals.checks += simulation.oracle.currentChecks
            totals.replays += simulation.replays
            totals.unreached += simulation.unreachedWrites
        }
        // A simulation in which nothing happens would be content with anything.
        #expect(
            Self.given != nil || totals.rotations > 200 && totals.repeats > 15 && totals.reuses > 2
                && totals.unknowns > 70 && totals.verified > 120 && totals.rejected > 30 && totals.checks > 3_000
                && totals.replays > 10 && totals.unreached > 50, "\(totals)")
    }

    @Test("Planted faults are found, each by the promise that it breaks", arguments: LedgerSimulation.Fault.allCases)
    func canaries(fault: LedgerSimulation.Fault) {
        let first = (UInt64(0)..<1_500).first { seed in
            let simulation = LedgerSimulation(seed: seed, fault: fault)
            simulation.run()
            return simulation.violations.first?.contains(": \(fault.broken): ") ?? false
        }
        #expect(first != nil)
    }
}
