package import Histogram

/// Latencies in nanoseconds, to three digits, up to an hour.
package struct Recorder: Sendable {
    package private(set) var histogram = Histogram<UInt64>(
        highestTrackableValue: Self.highest, numberOfSignificantValueDigits: .three)
    private static let highest: UInt64 = 3_600_000_000_000

    package init() {}

    @inline(__always)
    mutating func record(_ nanoseconds: UInt64) {
        histogram.record(min(nanoseconds, Self.highest))
    }

    mutating func add(_ other: Recorder) {
        histogram.add(other.histogram)
    }

    package var count: Int { Int(histogram.totalCount) }
}
