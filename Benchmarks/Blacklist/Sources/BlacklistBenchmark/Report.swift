import Foundation

/// What comes out, a JSON object a line: `report.py` makes the table and the plot of it.
enum Report {
    static func row(
        _ name: String, _ figure: Series, unit: String, against: String, _ comparison: Series?, _ ratio: Series?,
        target: String = "", isMet: Bool? = nil
    ) {
        var fields: [String: Any] = [
            "kind": "row", "row": name, "figure": values(figure), "unit": unit, "against": against, "target": target,
        ]
        if let comparison { fields["comparison"] = values(comparison) }
        if let ratio { fields["ratio"] = values(ratio) }
        if let isMet { fields["met"] = isMet }
        print(fields)
    }

    static func point(_ table: String, _ query: String, size: Int, _ series: Series) {
        print(["kind": "point", "table": table, "query": query, "size": size, "ns": values(series)])
    }

    static func note(_ text: String) {
        FileHandle.standardError.write(Data("  \(text)\n".utf8))
    }

    private static func values(_ series: Series) -> [String: Double] {
        ["median": series.median, "low": series.low, "high": series.high]
    }

    private static func print(_ fields: [String: Any]) {
        guard let line = try? JSONSerialization.data(withJSONObject: fields, options: [.sortedKeys]) else { return }
        FileHandle.standardOutput.write(line + Data("\n".utf8))
    }
}
