internal import StrictJSON

/// How numbers and times are written for people.
enum Wording {
    /// `1,234,567`.
    static func count(_ number: some BinaryInteger) -> String {
        let digits = Array(String(number.magnitude))
        var text = number < 0 ? "-" : ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { text.append(",") }
            text.append(digit)
        }
        return text
    }

    /// `1 record`, `2 records`.
    static func count(_ number: some BinaryInteger, _ noun: String, _ plural: String? = nil) -> String {
        "\(count(number)) \(number == 1 ? noun : plural ?? noun + "s")"
    }

    /// `163.1 MB`, in powers of ten, rounded down.
    static func bytes(_ bytes: Int64) -> String {
        let units: [(Int64, String)] = [(1_000_000_000_000, "TB"), (1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB")]
        for (size, name) in units where bytes >= size {
            return "\(count(bytes / size)).\(bytes % size / (size / 10)) \(name)"
        }
        return "\(bytes) B"
    }

    /// The two largest units: `30 d 1 h`, `15 min`, `0 s`.
    static func duration(seconds: Int64) -> String {
        let units: [(Int64, String)] = [(86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")]
        guard let first = units.firstIndex(where: { seconds >= $0.0 }) else { return seconds < 0 ? "-" : "0 s" }
        let (size, name) = units[first]
        let text = "\(seconds / size) \(name)"
        guard first + 1 < units.count else { return text }
        let rest = seconds % size / units[first + 1].0
        return rest == 0 ? text : "\(text) \(rest) \(units[first + 1].1)"
    }
}

extension String {
    /// Filled up with blanks to a width; one that is longer stays whole.
    func padded(to width: Int) -> String {
        self + String(repeating: " ", count: max(0, width - count))
    }

    func paddedLeft(to width: Int) -> String {
        String(repeating: " ", count: max(0, width - count)) + self
    }

    /// Without anything that a terminal would obey: it comes from a stream that others can write to.
    var printable: String {
        var text = ""
        for scalar in unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: text.append("?")
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text
    }
}
