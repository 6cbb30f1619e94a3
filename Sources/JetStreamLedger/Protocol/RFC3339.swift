internal import StrictJSON

/// The server's times: `2026-11-22T18:38:41.42076144Z` (RFC 3339, section 5.6), up to nine digits of a second.
package enum RFC3339 {
    /// In Unix nanoseconds; nil for another form, a time before 1970, or one that 64 bits do not hold (after 2554).
    static func unixNanoseconds(_ text: RawSpan) -> UInt64? {
        guard text.byteCount >= 20, let year = number(text, 0, 4), let month = number(text, 5, 2),
            let day = number(text, 8, 2), let hour = number(text, 11, 2), let minute = number(text, 14, 2),
            let second = number(text, 17, 2), has(text, 4, "-"), has(text, 7, "-"), has(text, 10, "T"),
            has(text, 13, ":"), has(text, 16, ":"), (1...12).contains(month), (1...31).contains(day), hour < 24,
            minute < 60, second < 61
        else { return nil }
        var position = 19
        var nanoseconds: Int64 = 0
        if has(text, position, ".") {
            var unit: Int64 = 100_000_000
            position += 1
            let start = position
            while let digit = number(text, position, 1) {
                nanoseconds += digit * unit
                unit /= 10
                position += 1
            }
            guard position > start, position - start <= 9 else { return nil }
        }
        guard let offset = offset(text, position) else { return nil }
        let seconds = daysSince1970(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second - offset
        guard seconds >= 0 else { return nil }
        let (product, overflow) = UInt64(seconds).multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, overflowToo) = product.addingReportingOverflow(UInt64(nanoseconds))
        return overflow || overflowToo ? nil : sum
    }

    private static func has(_ text: RawSpan, _ index: Int, _ character: Unicode.Scalar) -> Bool {
        index < text.byteCount && text[index] == UInt8(ascii: character)
    }

    private static func number(_ text: RawSpan, _ start: Int, _ length: Int) -> Int64? {
        guard start + length <= text.byteCount else { return nil }
        return UInt64(decimal: text.extracting(start..<start + length)).map { Int64($0) }
    }

    /// Seconds east of Greenwich.
    private static func offset(_ text: RawSpan, _ position: Int) -> Int64? {
        if has(text, position, "Z") { return text.byteCount == position + 1 ? 0 : nil }
        let isEast = has(text, position, "+")
        guard isEast || has(text, position, "-"), text.byteCount == position + 6, has(text, position + 3, ":"),
            let hours = number(text, position + 1, 2), let minutes = number(text, position + 4, 2), hours < 24,
            minutes < 60
        else { return nil }
        let seconds = hours * 3_600 + minutes * 60
        return isEast ? seconds : -seconds
    }

    /// In the Gregorian calendar: years counted from March, so that the leap day is the last one.
    private static func daysSince1970(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let era = shifted >= 0 ? shifted / 400 : (shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }
}
