/// One HTML page of runs: self-contained, without a script, for a browser in light and in dark.
///
/// A document's runs of one name are one curve: throughput against latency, a point for each pace. What a point was exactly
/// is in the table, and shown to a pointer that rests on it.
package struct Report: Sendable {
    package var documents: [Document]
    package var rows: [Row] = []
    package var title: String

    package init(documents: [Document]) {
        self.documents = documents
        title = documents.first?.title ?? "token-bench"
    }

    struct Series {
        var name: String
        var runs: [RunResult]
    }

    /// Of a name that tells them apart.
    var series: [Series] {
        var found: [Series] = []
        let severalTitles = Set(documents.map(\.title)).count > 1
        for document in documents {
            for run in document.runs {
                let kind = "\(run.name), \(run.inFlight == nil ? run.sent == nil ? "open loop" : "flood" : "closed loop")"
                let name = severalTitles ? "\(document.title): \(kind)" : kind
                if let at = found.firstIndex(where: { $0.name == name }) {
                    found[at].runs.append(run)
                } else {
                    found.append(Series(name: name, runs: [run]))
                }
            }
        }
        return found
    }

    package var html: String {
        let body = [head, tiles, RowTable(rows: rows).html, curves, PercentileCurves(series: series).html]
            + [RunTable(series: series).html, description, reading]
        return """
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>\(HTMLText.escaped(title))</title>
            <style>
            \(Style.sheet)
            </style>
            </head>
            <body>
            \(body.filter { !$0.isEmpty }.joined(separator: "\n"))
            </body>
            </html>

            """
    }

    private var head: String {
        guard let first = documents.first else { return "<h1>\(HTMLText.escaped(title))</h1>" }
        let machine = "\(first.machine.processor), \(first.machine.cores) cores"
        let version = first.runs.first.map { "nats-server \($0.serverVersion)" } ?? "nats-server"
        let line = "\(first.started) · \(machine) · \(version)"
        return "<h1>\(HTMLText.escaped(title))</h1>\n<p class=\"soft\">\(HTMLText.escaped(line))</p>"
    }

    /// What a reader wants first, of what the first document is about: others may be there for comparison.
    private var tiles: String {
        let runs = documents.filter { $0.title == documents.first?.title }.flatMap(\.runs)
        guard let fastest = runs.max(by: { $0.repliesPerSecond < $1.repliesPerSecond }) else { return "" }
        var tiles = [
            tile("\(Texts.rate(fastest.repliesPerSecond))/s", "most replies, \(fastest.name), \(RunTable.pace(fastest))")
        ]
        if let quick = runs.filter({ $0.latency.count > 0 }).min(by: { $0.latency.p50 < $1.latency.p50 }) {
            tiles.append(tile(Texts.duration(quick.latency.p50), "least median latency, \(RunTable.pace(quick))"))
        }
        let sustained = runs.filter { $0.isSustained == true }
        if let best = sustained.max(by: { ($0.ratePerSecond ?? 0) < ($1.ratePerSecond ?? 0) }) {
            let rate = Texts.count(best.ratePerSecond ?? 0)
            tiles.append(tile(Texts.duration(best.latency.p99), "p99 at \(rate)/s, the highest rate that was kept up"))
        }
        let errors = documents.flatMap(\.runs).reduce(0) { $0 + $1.errors }
        tiles.append(tile(Texts.count(errors), "wrong, missing or refused replies", isBad: errors > 0))
        return "<div class=\"tiles\">\(tiles.joined(separator: "\n"))</div>"
    }

    private func tile(_ figure: String, _ text: String, isBad: Bool = false) -> String {
        let style = isBad ? " class=\"bad\"" : ""
        return "<div class=\"tile\"><b\(style)>\(HTMLText.escaped(figure))</b><span>\(HTMLText.escaped(text))</span></div>"
    }

    private var curves: String {
        let series = series.map { Series(name: $0.name, runs: $0.runs.filter { $0.latency.count > 0 }) }.filter { !$0.runs.isEmpty }
        let all = series.flatMap(\.runs)
        guard !all.isEmpty else { return "" }
        let x = Axis.throughput(all.map(\.repliesPerSecond))
        let y = Axis(all.flatMap { [Double($0.latency.p50), Double($0.latency.p99)] }, scale: .logarithmic)
        let charts = [("Median", \LatencySummary.p50), ("99th percentile", \LatencySummary.p99)].map { name, figure in
            Chart(
                title: name, xTitle: "replies a second", yTitle: "latency", x: x, y: y, xText: AxisText.rate,
                yText: AxisText.duration,
                lines: series.enumerated().map { number, series in
                    Chart.Line(
                        colour: number % Style.colours,
                        points: series.runs.map { run in
                            Chart.Point(
                                x: run.repliesPerSecond, y: Double(run.latency[keyPath: figure]),
                                hint: "\(series.name), \(RunTable.pace(run)): \(Texts.rate(run.repliesPerSecond))/s, "
                                    + Texts.duration(run.latency[keyPath: figure]),
                                isHollow: run.isSustained == false)
                        })
                })
        }
        let rings = all.contains { $0.isSustained == false } ? "<p class=\"soft\">A ring is a rate that was not kept up.</p>" : ""
        return """
            <h2>Throughput against latency</h2>
            \(Self.key(series.map(\.name)))\(rings)
            <div class="charts">
            \(charts.map { "<figure class=\"chart\">\($0.svg)</figure>" }.joined(separator: "\n"))
            </div>
            """
    }

    static func key(_ names: [String]) -> String {
        let items = names.enumerated().map { number, name in
            "<li class=\"c\(number % Style.colours)\"><i></i><span>\(HTMLText.escaped(name))</span></li>"
        }
        return "<ul class=\"key\">\(items.joined())</ul>"
    }

    private var description: String {
        var entries: [(String, String)] = []
        if let first = documents.first {
            entries.append(("machine", "\(first.machine.processor), \(first.machine.cores) cores, "
                + "\(Texts.digits(first.machine.memoryGiB)) GiB, Linux \(first.machine.kernel)"))
            entries.append(("nats-server", "\(first.server), \(first.runs.first?.serverVersion ?? "unknown")"))
        }
        for document in documents {
            let load = "load average \(Texts.digits(document.loadAverageBefore)) before, \(Texts.digits(document.loadAverageAfter)) after"
            entries.append((document.started, "\(document.command) (\(load))"))
        }
        let list = entries.map { "<dt>\(HTMLText.escaped($0.0))</dt><dd><code>\(HTMLText.escaped($0.1))</code></dd>" }
        return "<h2>What was measured</h2>\n<dl>\(list.joined(separator: "\n"))</dl>"
    }

    private var reading: String {
        """
        <h2>How to read this</h2>
        <p>Every reply was checked for what was asked; a wrong, missing or refused one is an error and not a sample. Latency is \
        from request to reply as a caller sees it, with NATS and the network in it.</p>
        <p>In a <b>closed loop</b> the next request leaves when a reply is there: it shows the most that is answered, and its \
        latencies flatter, because a slow reply holds back requests that would have been as slow. In an <b>open loop</b> requests are \
        due at a fixed rate and latency counts from when each was due: these are the latencies to size by. Where the open loop's \
        curve bends upwards, the service is full; plan to stay well to the left of it.</p>
        <p>A load on the same machine takes cores from what it measures. Figures of two machines, or of one machine on two days, \
        compare badly; ratios of two curves on one page are what can be trusted.</p>
        """
    }
}

enum AxisText {
    static func duration(_ nanoseconds: Double) -> String {
        switch nanoseconds {
        case ..<1_000: "\(short(nanoseconds)) ns"
        case ..<1_000_000: "\(short(nanoseconds / 1_000)) µs"
        case ..<1_000_000_000: "\(short(nanoseconds / 1_000_000)) ms"
        default: "\(short(nanoseconds / 1_000_000_000)) s"
        }
    }

    static func rate(_ value: Double) -> String {
        switch value {
        case ..<1_000: short(value)
        case ..<1_000_000: "\(short(value / 1_000))k"
        default: "\(short(value / 1_000_000))M"
        }
    }

    static func percentile(_ value: Double) -> String { "\(short(value)) %" }

    private static func short(_ value: Double) -> String {
        let rounded = (value * 10_000).rounded() / 10_000
        return rounded == rounded.rounded() ? "\(Int(rounded))" : "\(rounded)"
    }
}
