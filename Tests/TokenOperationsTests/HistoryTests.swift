import JOSE
import TestSupport
import Testing
import TokenContract
import TokenOperations

/// What the four operations promise, in twenty lines: the model against which random histories are held.
private struct Model {
    struct Family {
        /// Index of the newest generation, and when it came.
        var newest = 0
        var rotatedAt: Int64 = 0
        var isRevoked = false
        var pairs: [Replica.Pair]
    }

    enum RefreshAnswer { case successor, same, refused, reuse }

    var families: [Family] = []

    func refresh(_ family: Int, _ generation: Int, at now: Int64, grace: Int64) -> RefreshAnswer {
        let state = families[family]
        if state.isRevoked { return .refused }
        if generation == state.newest { return .successor }
        if generation == state.newest - 1, now - state.rotatedAt <= grace * 1_000 { return .same }
        return .reuse
    }
}

@Suite("Random histories over several replicas agree with the model")
struct HistoryTests {
    /// Two replicas over one ledger; a step is one request to either, with the clock moving in between.
    /// - Parameter flawed: builds the model with a grace period that the service does not have.
    private func difference(seed: UInt64, steps: Int, flawed: Bool = false) throws -> String? {
        let keys = try KeySet.generate([.edDSA, .hs256])
        let shared = Replica.Shared()
        var replicas = [0, 1].map { _ in 0 }
        let one = try Replica(keys: keys, seed: seed, sharing: shared)
        let two = try Replica(keys: keys, seed: ~seed, sharing: shared)
        var random = SeededGenerator(seed: seed)
        var model = Model()
        var now = Replica.start
        let grace = flawed ? one.policy.refreshGrace * 10 : one.policy.refreshGrace

        for step in 0..<steps {
            now.milliseconds += Int64(random.next() % 3_000)
            one.now = now
            two.now = now
            let second = random.next() % 2 == 0
            replicas[second ? 1 : 0] += 1
            let pick = model.families.isEmpty ? 0 : Int(random.next() % UInt64(model.families.count))
            switch random.next() % 8 {
            case 0 where model.families.count < 12, _ where model.families.isEmpty:
                let pair = try second ? two.generate("u\(step)") : one.generate("u\(step)")
                model.families.append(.init(pairs: [pair]))
            case 1 where random.next() % 4 == 0:
                let generation = Int(random.next() % UInt64(model.families[pick].pairs.count))
                let pair = model.families[pick].pairs[generation]
                let error = second ? two.blacklist(pair) : one.blacklist(pair)
                if error != nil { return "step \(step): blacklisting was refused: \(error?.text ?? "")" }
                model.families[pick].isRevoked = true
            case 1...4:
                let back = random.next() % 4 == 0 ? Int(random.next() % 3) : 0
                let generation = max(0, model.families[pick].newest - back)
                let token = model.families[pick].pairs[generation].refresh
                let expected = model.refresh(pick, generation, at: now.milliseconds, grace: grace)
                var answer: Replica.Pair?
                var refusal: ServiceError?
                do throws(ServiceError) {
                    answer = try second ? two.refresh(token) : one.refresh(token)
                } catch {
                    refusal = error
                }
                switch (expected, answer) {
                case (.successor, let pair?):
                    model.families[pick].pairs.append(pair)
                    model.families[pick].newest += 1
                    model.families[pick].rotatedAt = now.milliseconds
                case (.same, let pair?) where pair == model.families[pick].pairs[generation + 1]:
                    break
                case (.refused, nil) where refusal?.code == .unauthorized:
                    break
                case (.reuse, nil) where refusal?.text.contains("redeemed before") == true:
                    model.families[pick].isRevoked = true
                default:
                    return "step \(step): refresh expected \(expected), was \(refusal?.text ?? "a pair")"
                }
            default:
                let generation = Int(random.next() % UInt64(model.families[pick].pairs.count))
                let token = model.families[pick].pairs[generation].access
                let reason = second ? two.reason(token) : one.reason(token)
                let isRevoked = model.families[pick].isRevoked
                let isRight = isRevoked ? reason == .revoked || reason == .expired : reason == nil || reason == .expired
                if !isRight { return "step \(step): verify was \(String(describing: reason)), revoked: \(isRevoked)" }
            }
        }
        return replicas.contains(0) ? "a replica was never asked" : nil
    }

    @Test("Rotation, grace, reuse and revocation, 40 histories of 400 steps")
    func agree() throws {
        for _ in 0..<40 {
            let seed = UInt64.random(in: .min ... .max)
            let difference = try difference(seed: seed, steps: 400)
            #expect(difference == nil, "seed \(seed): \(difference ?? "")")
        }
    }

    @Test("The canary: a model with another grace period is found out")
    func canary() throws {
        var found = false
        for seed in UInt64(0)..<20 where try difference(seed: seed, steps: 400, flawed: true) != nil {
            found = true
        }
        #expect(found)
    }
}
