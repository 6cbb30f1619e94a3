/// Figures as people read them.
package enum Texts {
    /// Three digits and a unit: `87.1 µs`.
    package static func duration(_ nanoseconds: Double) -> String {
        switch nanoseconds {
        case ..<1_000: "\(Int(nanoseconds.rounded())) ns"
        case ..<1_000_000: "\(digits(nanoseconds / 1_000)) µs"
        case ..<1_000_000_000: "\(digits(nanoseconds / 1_000_000)) ms"
        default: "\(digits(nanoseconds / 1_000_000_000)) s"
        }
    }

    package static func duration(_ nanoseconds: UInt64) -> String { duration(Double(nanoseconds)) }

    static func digits(_ value: Double) -> String {
        if value >= 99.95 { return "\(Int(value.rounded()))" }
        if value >= 9.995 { return decimals(value, 1) }
        return decimals(value, 2)
    }

    private static func decimals(_ value: Double, _ count: Int) -> String {
        let factor = count == 1 ? 10 : 100
        let scaled = Int((value * Double(factor)).rounded())
        let fraction = String(scaled % factor)
        return "\(scaled / factor).\(String(repeating: "0", count: count - fraction.count))\(fraction)"
    }

    /// With commas: `645,000`.
    package static func count(_ value: Int) -> String {
        var text = ""
        for (position, digit) in String(abs(value)).reversed().enumerated() {
            if position > 0 && position % 3 == 0 { text.append(",") }
            text.append(digit)
        }
        return (value < 0 ? "-" : "") + String(text.reversed())
    }

    /// To three digits, because the rest is noise.
    package static func rate(_ value: Double) -> String {
        guard value >= 1_000 else { return value >= 100 ? "\(Int(value.rounded()))" : digits(value) }
        var unit = 1.0
        while value / unit >= 1_000 { unit *= 10 }
        return count(Int((value / unit).rounded()) * Int(unit))
    }

    static func pace(_ run: RunResult) -> String {
        if let inFlight = run.inFlight { return "\(count(inFlight)) in flight" }
        let rate = run.ratePerSecond.map { "\(count($0))/s" }
        if run.sent != nil { return rate.map { "flood, \($0)" } ?? "flood" }
        return "\(rate ?? "0/s") due"
    }

    static func padded(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }
}

extension Texts {
    /// A figure of any size, to three digits.
    static func figure(_ value: Double) -> String {
        if value < 0 { return "-" + figure(-value) }
        if value >= 1_000 { return rate(value) }
        if value >= 0.0995 || value == 0 { return digits(value) }
        return "\((value * 10_000).rounded() / 10_000)"
    }
}
