/// A moment in milliseconds since 1970-01-01T00:00:00Z, as the wall clock tells it.
///
/// It is read once for a request, at its arrival, and handed down: a token cannot expire between two steps of the same
/// request, and a test sets the time by passing another value.
package struct UnixTime: Comparable, Hashable, Sendable {
    package var milliseconds: Int64

    @inlinable
    package init(milliseconds: Int64) {
        self.milliseconds = milliseconds
    }

    /// Clamped instead of trapping: seconds come out of tokens, and a signed token may still hold any number.
    @inlinable
    package init(seconds: Int64) {
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000)
        milliseconds = overflow ? (seconds < 0 ? .min : .max) : product
    }

    /// Whole seconds, rounded down: the NumericDate of RFC 7519, section 2.
    @inlinable
    package var seconds: Int64 {
        milliseconds / 1_000 - (milliseconds % 1_000 < 0 ? 1 : 0)
    }

    @inlinable
    package static func < (left: UnixTime, right: UnixTime) -> Bool {
        left.milliseconds < right.milliseconds
    }
}
