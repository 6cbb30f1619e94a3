import Glibc

/// Where values lie along an axis, and which of them are named.
struct Axis {
    enum Scale {
        case linear
        case logarithmic
        /// Percentiles by their distance from 100: 90, 99 and 99.9 are as far apart from each other.
        case nines
    }

    let scale: Scale
    let lower: Double
    let upper: Double

    /// A little wider than the values, and from 0 when linear.
    init(_ values: [Double], scale: Scale) {
        let usable = values.filter { $0.isFinite && ($0 > 0 || scale != .logarithmic) }
        let (least, most) = (usable.min() ?? 1, usable.max() ?? 1)
        self.scale = scale
        switch scale {
        case .linear: (lower, upper) = (0, most > 0 ? most * 1.08 : 1)
        case .logarithmic: (lower, upper) = (least / 1.25, max(most, least * 1.5) * 1.25)
        case .nines: (lower, upper) = (0, min(99.99999, max(most, 90)))
        }
    }

    /// Throughputs that lie far apart would be one heap at the left of a linear axis.
    static func throughput(_ values: [Double]) -> Axis {
        let (least, most) = (values.min() ?? 1, values.max() ?? 1)
        return Axis(values, scale: least > 0 && most / least > 12 ? .logarithmic : .linear)
    }

    /// From 0 to 1.
    func position(_ value: Double) -> Double {
        let along = (measure(min(max(value, lower), upper)) - measure(lower)) / (measure(upper) - measure(lower))
        return along.isFinite ? along : 0
    }

    private func measure(_ value: Double) -> Double {
        switch scale {
        case .linear: value
        case .logarithmic: log10(value)
        case .nines: -log10(1 - value / 100)
        }
    }

    /// Round values, few enough to be read.
    var ticks: [Double] {
        switch scale {
        case .linear: linearTicks
        case .logarithmic: logarithmicTicks
        case .nines: [50, 90, 99, 99.9, 99.99, 99.999, 99.9999].filter { $0 <= upper }
        }
    }

    private var linearTicks: [Double] {
        let rough = (upper - lower) / 5
        let magnitude = pow(10, floor(log10(rough)))
        let step = [1, 2, 2.5, 5, 10].map { $0 * magnitude }.first { $0 >= rough } ?? rough
        return (0...8).map { lower + Double($0) * step }.filter { $0 <= upper }
    }

    private var logarithmicTicks: [Double] {
        let decades = Int(floor(log10(lower)))...Int(ceil(log10(upper)))
        for steps in [[1.0, 2, 5], [1, 3], [1]] {
            let ticks = decades.flatMap { decade in steps.map { $0 * pow(10, Double(decade)) } }
                .filter { $0 >= lower && $0 <= upper }
            if ticks.count <= 9 { return ticks }
        }
        return []
    }
}
