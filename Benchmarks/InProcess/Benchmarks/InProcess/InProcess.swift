import Benchmark
import CReference
import Subjects

/// The subjects whose cost has a target, each as thousandths of what it is compared with, so that a threshold holds on any
/// machine: both sides are measured in every iteration, one after the other, in processor time.
let benchmarks: @Sendable () -> Void = {
    let pairs: [(Subject, Int, Subject, Int)] = [
        (.verifyKnown, 20_000, .opensslHMAC, 5_000),
        (.verifyNewEdDSA, 100, .opensslVerify, 50),
        (.verifyNewHS256, 2_000, .opensslHMAC, 2_000),
        (.generate, 100, .opensslSign, 100),
        (.refresh, 100, .opensslSign, 100),
    ]
    let share = BenchmarkMetric.custom("thousandths of the comparison", polarity: .prefersSmaller, useScalingFactor: false)
    // Not of one: the library takes whole numbers, and an allocation in every second operation would be none.
    let allocations = BenchmarkMetric.custom("allocations of a thousand", polarity: .prefersSmaller, useScalingFactor: false)
    for (subject, count, other, otherCount) in pairs {
        Benchmark(
            "\(subject)",
            configuration: .init(metrics: [share, allocations], maxDuration: .seconds(20), maxIterations: 31),
            closure: { benchmark, measured in
                measured.subjects.warm()
                let before = reference_allocations()
                let start = reference_processor_time()
                _ = measured.subjects.run(subject, count)
                let middle = reference_processor_time()
                let made = reference_allocations() - before
                _ = measured.subjects.run(other, otherCount)
                let end = reference_processor_time()
                let ours = Double(middle - start) / Double(count)
                let theirs = Double(end - middle) / Double(otherCount)
                benchmark.measurement(share, Int(ours / theirs * 1_000))
                benchmark.measurement(allocations, Int((made * 1_000 + UInt64(count) - 1) / UInt64(count)))
            },
            setup: { try Measured() }
        )
    }
}

/// What an iteration leaves for the next.
private final class Measured {
    var subjects: Subjects

    init() throws {
        subjects = try Subjects()
    }
}
