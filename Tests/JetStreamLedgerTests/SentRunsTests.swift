import TestSupport
import Testing

@testable import JetStreamLedger

@Suite("Only what surely reached nobody is said to have")
struct SentRunsTests {
    private func tokens(_ numbers: Range<UInt64>) -> [AttemptToken] { numbers.map { AttemptToken(request: $0, attempt: 1) } }

    @Test("A run of which every request found nobody, also a question, and of which only some did")
    func runs() {
        var runs = SentRuns()
        let whole = runs.sent(.writes(tokens(0..<3)), through: 1)
        let part = runs.sent(.writes(tokens(3..<6)), through: 1)
        let question = runs.sent(.question(7), through: 1)
        for _ in 0..<3 { runs.heardOfNobody(through: 1) }
        #expect(runs.returned(whole, through: 1) == [.writes(tokens(0..<3))])
        for _ in 0..<2 { runs.heardOfNobody(through: 1) }
        #expect(runs.returned(part, through: 1) == [])
        runs.heardOfNobody(through: 1)
        #expect(runs.returned(question, through: 1) == [.question(7)])
        #expect(runs.count == 0)
    }

    @Test("Sessions do not mix, and with its session everything that went out through it is gone")
    func sessions() {
        var runs = SentRuns()
        let former = runs.sent(.writes(tokens(0..<1)), through: 1)
        let present = runs.sent(.writes(tokens(1..<2)), through: 2)
        runs.heardOfNobody(through: 2)
        #expect(runs.returned(former, through: 1) == [])
        #expect(runs.returned(present, through: 2) == [.writes(tokens(1..<2))])
        let cut = runs.sent(.writes(tokens(2..<3)), through: 2)
        runs.heardOfNobody(through: 2)
        runs.ended(2)
        #expect(runs.returned(cut, through: 2) == [] && runs.count == 0)
    }

    @Test("A server whose listener comes and goes: none that was taken is called unreached, and those of a whole run are")
    func history() {
        let seed = UInt64.random(in: .min ... .max)
        var random = SeededGenerator(seed: seed)
        var runs = SentRuns()
        var hasListener = true
        var taken: Set<UInt64> = []
        var last: UInt64 = 0
        var told = 0
        for _ in 0..<20_000 {
            let count = random.next() % 5 + 1
            let run = last..<last + count
            last += count
            // A connection's bytes are lost with it, and not in between; but a mark may not have been written.
            let mark = runs.sent(.writes(tokens(run)), through: 1)
            for number in run {
                if random.next() % 8 == 0 { hasListener.toggle() }
                if hasListener { taken.insert(number) } else { runs.heardOfNobody(through: 1) }
            }
            if random.next() % 50 == 0 { continue }
            for case .writes(let unreached) in runs.returned(mark, through: 1) {
                told += unreached.count
                #expect(unreached.allSatisfy { !taken.contains($0.request) }, "seed \(seed)")
            }
        }
        #expect(told > 5_000, "seed \(seed)")
    }
}
