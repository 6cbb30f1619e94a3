/// Latency by percentile: a chart for each series, a line for each of its runs.
struct PercentileCurves {
    let series: [Report.Series]
    /// More lines in one chart than this cannot be told apart.
    private static let mostLines = Style.colours

    var html: String {
        let drawn = series.map { series in
            Report.Series(name: series.name, runs: Array(series.runs.filter { $0.latency.count > 0 }.prefix(Self.mostLines)))
        }.filter { !$0.runs.isEmpty }
        guard !drawn.isEmpty else { return "" }
        let all = drawn.flatMap(\.runs)
        let y = Axis(all.flatMap { $0.latency.curve.map { $0[1] } }, scale: .logarithmic)
        let x = Axis(all.flatMap { $0.latency.curve.map { $0[0] }.filter { $0 < 100 } }, scale: .nines)
        let charts = drawn.map { series in
            let chart = Chart(
                title: series.name, xTitle: "percent of the replies", yTitle: "latency, at most", x: x, y: y,
                xText: AxisText.percentile, yText: AxisText.duration,
                lines: series.runs.enumerated().map { number, run in line(number, run) })
            return "<figure class=\"chart\">\(chart.svg)\(Report.key(series.runs.map(RunTable.pace)))</figure>"
        }
        return """
            <h2>Percentiles</h2>
            <div class="charts">
            \(charts.joined(separator: "\n"))
            </div>
            """
    }

    private func line(_ number: Int, _ run: RunResult) -> Chart.Line {
        let points = run.latency.curve.filter { $0[0] < 100 }.map { point in
            Chart.Point(
                x: point[0], y: point[1],
                hint: "\(RunTable.pace(run)): \(AxisText.percentile(point[0])) within \(Texts.duration(point[1]))")
        }
        return Chart.Line(colour: number % Style.colours, points: points, hasMarks: false)
    }
}
