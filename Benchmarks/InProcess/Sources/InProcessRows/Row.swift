/// One row as Benchmarks/README.md defines it: a JSON object on a line.
struct Row {
    struct Series {
        let sorted: [Double]

        init(_ values: [Double]) {
            sorted = values.sorted()
        }

        private var cut: Int { sorted.count / 10 }
        var median: Double { sorted[sorted.count / 2] }
        var json: String {
            #"{"median": \#(median), "low": \#(sorted[cut]), "high": \#(sorted[sorted.count - 1 - cut])}"#
        }
    }

    var name: String
    var unit: String
    var figure: [Double]
    var against = ""
    var comparison: [Double] = []
    /// Of the ratio; of the figure where nothing is compared.
    var target: Target?
    var note = ""

    enum Target {
        case atLeast(Double)
        case atMost(Double)
    }

    var json: String {
        var members = [#""row": "\#(name)""#, #""figure": \#(Series(figure).json)"#, #""unit": "\#(unit)""#]
        var judged = Series(figure)
        if !comparison.isEmpty {
            judged = Series(zip(figure, comparison).map { $0 / $1 })
            members.append(#""against": "\#(against)", "comparison": \#(Series(comparison).json), "ratio": \#(judged.json)"#)
        }
        switch target {
        case .atLeast(let wanted): members.append(#""target": "≥ \#(wanted)", "met": \#(judged.median >= wanted)"#)
        case .atMost(let wanted): members.append(#""target": "≤ \#(wanted)", "met": \#(judged.median <= wanted)"#)
        case nil: break
        }
        if !note.isEmpty { members.append(#""note": "\#(note)""#) }
        return "{\(members.joined(separator: ", "))}"
    }
}
