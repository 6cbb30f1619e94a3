import Testing

@testable import TokenService

@Suite("Callers do not choose how much is logged")
struct LogBudgetTests {
    @Test("A second has its lines and no more; the next has its own")
    func budget() {
        var budget = LogBudget()
        let start: UInt64 = 5_000_000_000
        var first = 0
        for offset in UInt64(0)..<1_000 where budget.admit(at: start + offset) != nil { first += 1 }
        #expect(first == LogBudget.linesPerSecond)
        let next = budget.admit(at: start + 1_000_000_000)
        #expect(next == 1_000 - LogBudget.linesPerSecond)
        let afterIt = budget.admit(at: start + 1_000_000_001)
        #expect(afterIt == 0)
    }
}
