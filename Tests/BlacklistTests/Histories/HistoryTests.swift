import Blacklist
import Foundation
import TestSupport
import Testing

@Suite("Random histories agree with a plain set")
struct HistoryTests {
    /// A seed that a failure has printed, to play it again; otherwise another one every time.
    private static let seed = number("BLACKLIST_SEED") ?? .random(in: .min ... .max)
    private static let steps = Int(number("BLACKLIST_STEPS") ?? 1_000_000)

    private static func number(_ name: String) -> UInt64? {
        ProcessInfo.processInfo.environment[name].flatMap { UInt64($0) }
    }

    @Test("A million steps of inserts, lookups, expiry, clock jumps and changed lifetimes")
    func agreesWithModel() {
        print("history of \(Self.steps) steps: BLACKLIST_SEED=\(Self.seed)")
        var subject = RealSubject()
        var history = History(seed: Self.seed)
        let mismatch = history.play(Self.steps, on: &subject)
        #expect(mismatch == nil)
    }

    @Test("Slices so full that their segments split, and split again")
    func fullSlices() {
        print("history of \(Self.steps) steps: BLACKLIST_SEED=\(Self.seed)")
        var subject = RealSubject(lifetimeMilliseconds: 2 * 86_400_000)
        var history = History(seed: Self.seed)
        let mismatch = history.play(Self.steps, on: &subject)
        #expect(mismatch == nil)
        // A segment splits at some 26,000 ids of a slice, and its halves at some 52,000.
        #expect(history.dropped > 0 || Self.steps < 1_000_000)
        #expect(history.largestSlice > 55_000 || Self.steps < 1_000_000)
    }

    @Test("Slices of a millisecond and of centuries", arguments: [1, Int64.max])
    func extremeSlices(lifetimeMilliseconds: Int64) {
        var subject = RealSubject(lifetimeMilliseconds: lifetimeMilliseconds)
        var history = History(seed: Self.seed)
        let mismatch = history.play(20_000, on: &subject)
        #expect(mismatch == nil)
    }

    @Test("A blacklist that is broken on purpose is found out", arguments: CanarySubject.Defect.allCases)
    func canary(_ defect: CanarySubject.Defect) {
        var subject = CanarySubject(defect)
        var history = History(seed: 3)
        let mismatch = history.play(300_000, on: &subject)
        #expect(mismatch != nil)
    }
}
