import Foundation
import StrictJSON
import TestSupport
import Testing
import TokenContract

@Suite("Random requests come out as the contract's table says")
struct RandomRequestTests {
    /// A fresh seed for each run; `TEST_SEED` replays one.
    private static let seed: UInt64 = {
        let given = ProcessInfo.processInfo.environment["TEST_SEED"].flatMap { UInt64($0) }
        let seed = given ?? UInt64.random(in: 0...UInt64.max)
        print("TokenContractTests: TEST_SEED=\(seed)")
        return seed
    }()

    /// Small, so that they are met.
    private let limits = RequestLimits(maxRequestBytes: 150, maxIDBytes: 12, maxTokenBytes: 20)

    private func outcome(_ request: RandomRequest, _ decoder: inout RequestDecoder) -> RandomRequest.Outcome {
        do throws(ServiceError) {
            try decoder.decode(request.operation, request.body.rawSpan)
            return .accepted(fields(of: decoder, request.body))
        } catch {
            return error.text.hasPrefix("malformed JSON: duplicate key at offset ") ? .duplicateKey : .refused(error)
        }
    }

    @Test("One decoder, fifty thousand requests")
    func requests() throws {
        var random = SeededGenerator(seed: Self.seed)
        var decoder = try RequestDecoder(limits: limits)
        var counts = ["accepted": 0, "duplicate": 0, "400": 0, "413": 0]
        for _ in 0..<50_000 {
            let request = RandomRequest(using: &random)
            let expected = request.outcome(limits: limits)
            switch expected {
            case .accepted: counts["accepted", default: 0] += 1
            case .duplicateKey: counts["duplicate", default: 0] += 1
            case .refused(let error): counts["\(error.code.rawValue)", default: 0] += 1
            }
            let found = outcome(request, &decoder)
            guard found != expected else { continue }
            let body = String(decoding: request.body, as: UTF8.self)
            Issue.record("TEST_SEED=\(Self.seed): \(request.operation) \(body): \(found) instead of \(expected)")
            return
        }
        // Each outcome has to be met often for the run to prove anything.
        #expect(counts.count == 4)
        #expect(counts.values.allSatisfy { $0 > 1_000 }, "\(counts)")
    }
}
