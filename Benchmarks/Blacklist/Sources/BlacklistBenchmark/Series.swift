import Foundation

/// Repeated measurements of one thing: their median, and the tenth and the ninetieth percentile.
struct Series {
    var values: [Double] = []

    mutating func add(_ value: Double) { values.append(value) }

    var median: Double { quantile(0.5) }
    var low: Double { quantile(0.1) }
    var high: Double { quantile(0.9) }

    private func quantile(_ share: Double) -> Double {
        let sorted = values.sorted()
        return sorted.isEmpty ? .nan : sorted[Int(Double(sorted.count - 1) * share)]
    }
}

/// The median of what two series say round by round: a machine that is slower for a while slows both.
func ratio(_ numerator: Series, _ denominator: Series) -> Series {
    Series(values: zip(numerator.values, denominator.values).map { $0 / $1 })
}

extension Duration {
    var nanoseconds: Double {
        Double(components.seconds) * 1e9 + Double(components.attoseconds) / 1e9
    }
}

/// Nanoseconds each, of so many done by a call: of this thread's processor time, so that what others do on the machine
/// meanwhile is not counted (but for what they do to the caches).
func nanosecondsEach(_ count: Int, _ body: () throws -> Void) rethrows -> Double {
    let start = threadNanoseconds()
    try body()
    return (threadNanoseconds() - start) / Double(count)
}

private func threadNanoseconds() -> Double {
    var time = timespec()
    unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) * 1e9 + Double(time.tv_nsec)
}
