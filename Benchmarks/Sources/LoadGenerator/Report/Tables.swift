/// All runs, all figures.
struct RunTable {
    let series: [Report.Series]

    static func pace(_ run: RunResult) -> String {
        Texts.pace(run)
    }

    var html: String {
        guard !series.isEmpty else { return "" }
        let titles = ["", "replies/s", "mean", "p50", "p90", "p99", "p99.9", "p99.99", "most", "errors"]
        let head = titles.map { "<th>\($0)</th>" }.joined()
        var lines: [String] = []
        for series in series {
            lines.append("<tr><th colspan=\"\(titles.count)\" scope=\"rowgroup\">\(HTMLText.escaped(series.name))</th></tr>")
            lines += series.runs.map(row)
        }
        return """
            <h2>All runs</h2>
            <div class="wide"><table>
            <thead><tr>\(head)</tr></thead>
            <tbody>
            \(lines.joined(separator: "\n"))
            </tbody>
            </table></div>
            """
    }

    private func row(_ run: RunResult) -> String {
        let latency = run.latency
        var remarks = run.notes + run.errorTexts.sorted { $0.key < $1.key }.map { "\(Texts.count($0.value)) × \($0.key)" }
        if run.isSustained == false { remarks.insert("not sustained", at: 0) }
        remarks += run.latencyByKind.sorted { $0.key < $1.key }.map {
            "\($0.key): p50 \(Texts.duration($0.value.p50)), p99 \(Texts.duration($0.value.p99))"
        }
        let below = remarks.isEmpty ? "" : "<br><small>\(HTMLText.escaped(remarks.joined(separator: "; ")))</small>"
        let shape = run.connections == 1 ? "" : ", \(Texts.count(run.connections)) connections"
        let durations = [latency.p50, latency.p90, latency.p99, latency.p999, latency.p9999, latency.most]
        let cells = [Texts.rate(run.repliesPerSecond), Texts.duration(latency.mean)] + durations.map { Texts.duration($0) }
        let errors = "<td\(run.errors > 0 ? " class=\"bad\"" : "")>\(Texts.count(run.errors))</td>"
        return "<tr><td class=\"text\">\(HTMLText.escaped(Self.pace(run) + shape))\(below)</td>"
            + cells.map { "<td>\($0)</td>" }.joined() + errors + "</tr>"
    }
}

/// The rows of `Benchmarks/run`.
struct RowTable {
    let rows: [Row]

    var html: String {
        guard !rows.isEmpty else { return "" }
        let lines = rows.map { row in
            let unit = row.unit ?? ""
            let against = [row.against.map(HTMLText.escaped), row.comparison.map { Self.text($0, unit) }].compactMap { $0 }
            let met = row.met.map { $0 ? "<span class=\"met\">met</span>" : "<span class=\"missed\">not met</span>" } ?? ""
            let note = row.note.map { "<br><small>\(HTMLText.escaped($0))</small>" } ?? ""
            return "<tr><td class=\"text\">\(HTMLText.escaped(row.row))\(note)</td><td>\(Self.text(row.figure, unit))</td>"
                + "<td>\(against.joined(separator: "<br>"))</td><td>\(row.ratio.map { Self.text($0, "") } ?? "")</td>"
                + "<td>\(HTMLText.escaped(row.target ?? ""))</td><td>\(met)</td></tr>"
        }
        return """
            <h2>Figures and targets</h2>
            <div class="wide"><table>
            <thead><tr><th></th><th>figure</th><th>compared with</th><th>ratio</th><th>target</th><th></th></tr></thead>
            <tbody>
            \(lines.joined(separator: "\n"))
            </tbody>
            </table></div>
            """
    }

    static func text(_ spread: Row.Spread, _ unit: String) -> String {
        let figure = HTMLText.escaped("\(Texts.figure(spread.median))\(unit.isEmpty || unit.hasPrefix("/") ? "" : " ")\(unit)")
        guard spread.low != spread.high else { return figure }
        return "\(figure) <small>(\(Texts.figure(spread.low))–\(Texts.figure(spread.high)))</small>"
    }
}
