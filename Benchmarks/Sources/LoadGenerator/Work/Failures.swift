/// What went wrong with single requests, by what it was. A wrong answer is one of these and never a sample of the latency.
package struct Failures: Sendable {
    package private(set) var counts: [String: Int] = [:]
    package private(set) var total = 0
    /// Texts of a service's own could be all different.
    private static let mostTexts = 100

    package init() {}

    mutating func add(_ text: String, times: Int = 1) {
        guard times > 0 else { return }
        total += times
        let known = counts[text] != nil || counts.count < Self.mostTexts
        counts[known ? text : "others", default: 0] += times
    }

    mutating func add(_ other: Failures) {
        total += other.total
        counts.merge(other.counts, uniquingKeysWith: +)
    }
}
