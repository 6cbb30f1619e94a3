internal import FoundationEssentials

/// A row of the table that `Benchmarks/run` prints; README.md of `Benchmarks` defines it.
package struct Row: Codable, Equatable, Sendable {
    package struct Spread: Codable, Equatable, Sendable {
        package var median: Double
        package var low: Double
        package var high: Double
    }

    package var row: String
    package var figure: Spread
    package var unit: String?
    package var against: String?
    package var comparison: Spread?
    package var ratio: Spread?
    package var target: String?
    package var met: Bool?
    package var note: String?

    package static func read(_ text: String) throws(LoadError) -> [Row] {
        var rows: [Row] = []
        for (number, line) in text.split(whereSeparator: \.isNewline).enumerated() {
            do {
                rows.append(try JSONDecoder().decode(Row.self, from: Data(line.utf8)))
            } catch {
                throw LoadError("line \(number + 1) is not a row: \(error)")
            }
        }
        return rows
    }
}
