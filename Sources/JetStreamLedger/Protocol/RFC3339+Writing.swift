internal import StrictJSON
package import TokenOperations

extension RFC3339 {
    /// `2026-11-22T18:38:41Z`, or with `.420` milliseconds. A time that four digits of a year do not hold is its number
    /// of milliseconds.
    static func append(_ time: UnixTime, withMilliseconds: Bool, to bytes: inout [UInt8]) {
        let seconds = time.seconds
        guard (0..<253_402_300_800).contains(seconds) else { return bytes.appendDecimal(time.milliseconds) }
        let (year, month, day) = date(daysSince1970: seconds / 86_400)
        let second = seconds % 86_400
        append(year, 4, to: &bytes)
        bytes.append(UInt8(ascii: "-"))
        append(month, 2, to: &bytes)
        bytes.append(UInt8(ascii: "-"))
        append(day, 2, to: &bytes)
        bytes.append(UInt8(ascii: "T"))
        append(second / 3_600, 2, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
        append(second / 60 % 60, 2, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
        append(second % 60, 2, to: &bytes)
        if withMilliseconds {
            bytes.append(UInt8(ascii: "."))
            append(time.milliseconds - seconds * 1_000, 3, to: &bytes)
        }
        bytes.append(UInt8(ascii: "Z"))
    }

    package static func text(_ time: UnixTime, withMilliseconds: Bool = false) -> String {
        var bytes: [UInt8] = []
        append(time, withMilliseconds: withMilliseconds, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func append(_ number: Int64, _ digits: Int, to bytes: inout [UInt8]) {
        var unit: Int64 = digits == 4 ? 1_000 : digits == 3 ? 100 : 10
        while unit > 0 {
            bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number / unit % 10))
            unit /= 10
        }
    }

    /// In the Gregorian calendar, from 1970 on: years counted from March, so that the leap day is the last one.
    private static func date(daysSince1970 days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = days + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let month = (5 * dayOfYear + 2) / 153
        let year = yearOfEra + era * 400 + (month >= 10 ? 1 : 0)
        return (year, month < 10 ? month + 3 : month - 9, dayOfYear - (153 * month + 2) / 5 + 1)
    }
}
