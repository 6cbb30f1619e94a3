/// Repeated measurements of one thing: their median, and the lowest and highest.
struct Series {
    var values: [Double] = []

    mutating func add(_ value: Double) { values.append(value) }

    var median: Double { quantile(0.5) }
    var lowest: Double { values.min() ?? .nan }
    var highest: Double { values.max() ?? .nan }

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

/// Nanoseconds each, of so many done by a call.
func nanosecondsEach(_ count: Int, _ body: () throws -> Void) rethrows -> Double {
    try ContinuousClock().measure(body).nanoseconds / Double(count)
}
