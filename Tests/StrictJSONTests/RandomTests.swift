import Foundation
import StrictJSON
import TestSupport
import Testing

@Suite("The scanner and a plain model read random texts alike")
struct RandomTests {
    private static let textCount = 20_000

    /// A fresh seed for each run; `TEST_SEED` replays one.
    private static let freshSeed: UInt64 = {
        let given = ProcessInfo.processInfo.environment["TEST_SEED"].flatMap { UInt64($0) }
        let seed = given ?? UInt64.random(in: 0...UInt64.max)
        print("StrictJSONTests: TEST_SEED=\(seed)")
        return seed
    }()

    private let seed = Self.freshSeed

    /// The first text that is read differently, and how many texts of the run were accepted.
    private func firstDifference(seed: UInt64, defect: PlainModel.Defect? = nil) -> (text: [UInt8]?, accepted: Int) {
        var texts = RandomTexts(seed: seed)
        var accepted = 0
        for _ in 0..<Self.textCount {
            let text = texts.next()
            let read = events(of: text)
            guard read == PlainModel.events(of: text, defect: defect) else { return (text, accepted) }
            if read != nil { accepted += 1 }
        }
        return (nil, accepted)
    }

    @Test("The same texts are accepted, and the same is read in them")
    func model() {
        let (text, accepted) = firstDifference(seed: seed)
        #expect(text == nil, "TEST_SEED=\(seed): \(String(decoding: text ?? [], as: UTF8.self).debugDescription)")
        // A run that hardly accepts or hardly refuses anything would prove little.
        #expect(
            (Self.textCount / 5...Self.textCount * 4 / 5).contains(accepted),
            "TEST_SEED=\(seed): \(accepted) accepted"
        )
    }

    /// The canary: with one seed for good, because this is about the test and not about the scanner.
    @Test("A defect in either of them would be found", arguments: PlainModel.Defect.allCases)
    func canary(defect: PlainModel.Defect) {
        #expect(firstDifference(seed: 1, defect: defect).text != nil)
    }

    @Test("A value that is skipped is held to the same rules as one that is read")
    func skipping() {
        var texts = RandomTexts(seed: seed)
        for _ in 0..<Self.textCount {
            let text = texts.next()
            guard (events(of: text) == nil) != (refusal(of: text) != nil) else { continue }
            Issue.record("TEST_SEED=\(seed): \(String(decoding: text, as: UTF8.self).debugDescription)")
            return
        }
    }

    @Test("Whatever text is written is read back as it was")
    func writing() {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<Self.textCount / 4 {
            var text = ""
            for _ in 0..<Int.random(in: 0...40, using: &random) {
                let bound = UInt32.random(in: 0...21, using: &random)
                let value = UInt32.random(in: 0..<max(1, min(0x11_0000, 1 << bound)), using: &random)
                text.unicodeScalars.append(Unicode.Scalar(value) ?? "\"")
            }
            let bytes = Array(text.utf8)
            var written: [UInt8] = []
            written.appendJSONString(bytes.rawSpan)
            guard events(of: written) != [.string(bytes)] || PlainModel.events(of: written) != [.string(bytes)] else {
                continue
            }
            Issue.record("TEST_SEED=\(seed): \(text.debugDescription)")
            return
        }
    }
}
