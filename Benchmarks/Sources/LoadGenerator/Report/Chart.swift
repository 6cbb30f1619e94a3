/// A drawing of lines over two axes, as SVG. Colours are classes, so that the page's style sets them for light and dark.
struct Chart {
    struct Point {
        var x: Double
        var y: Double
        /// What a pointer that rests on it is shown.
        var hint: String
        /// Drawn as a ring.
        var isHollow = false
    }

    struct Line {
        /// Which of the page's colours.
        var colour: Int
        var points: [Point]
        var hasMarks = true
    }

    let title: String
    let xTitle: String
    let yTitle: String
    let x: Axis
    let y: Axis
    let xText: (Double) -> String
    let yText: (Double) -> String
    var lines: [Line]

    private static let width = 560.0
    private static let height = 360.0
    private static let left = 66.0
    private static let right = 18.0
    private static let top = 34.0
    private static let bottom = 50.0

    private func across(_ value: Double) -> Double {
        Self.left + x.position(value) * (Self.width - Self.left - Self.right)
    }

    private func down(_ value: Double) -> Double {
        Self.height - Self.bottom - y.position(value) * (Self.height - Self.top - Self.bottom)
    }

    private static func number(_ value: Double) -> String { "\((value * 10).rounded() / 10)" }

    var svg: String {
        let label = HTMLText.escaped("\(title): \(yTitle) against \(xTitle)")
        var parts = [
            "<svg viewBox=\"0 0 \(Int(Self.width)) \(Int(Self.height))\" role=\"img\" aria-label=\"\(label)\">",
            text(title, Self.left, 18, "chart-title", anchor: "start"),
        ]
        parts += grid()
        for line in lines { parts += drawing(of: line) }
        let middle = (Self.left + Self.width - Self.right) / 2
        parts.append(text(xTitle, middle, Self.height - 8, "axis-title"))
        let centre = Self.number((Self.top + Self.height - Self.bottom) / 2)
        parts.append(
            "<text class=\"axis-title\" text-anchor=\"middle\" transform=\"translate(14 \(centre)) rotate(-90)\">"
                + "\(HTMLText.escaped(yTitle))</text>")
        parts.append("</svg>")
        return parts.joined(separator: "\n")
    }

    private func grid() -> [String] {
        let (floor, ceiling) = (Self.number(Self.height - Self.bottom), Self.number(Self.top))
        let (start, end) = (Self.number(Self.left), Self.number(Self.width - Self.right))
        var parts: [String] = []
        for tick in x.ticks {
            let at = Self.number(across(tick))
            parts.append("<line class=\"grid\" x1=\"\(at)\" x2=\"\(at)\" y1=\"\(ceiling)\" y2=\"\(floor)\"/>")
            parts.append(text(xText(tick), across(tick), Self.height - Self.bottom + 17, "tick"))
        }
        for tick in y.ticks {
            let at = Self.number(down(tick))
            parts.append("<line class=\"grid\" x1=\"\(start)\" x2=\"\(end)\" y1=\"\(at)\" y2=\"\(at)\"/>")
            parts.append(text(yText(tick), Self.left - 7, down(tick) + 4, "tick", anchor: "end"))
        }
        parts.append("<line class=\"axis\" x1=\"\(start)\" x2=\"\(end)\" y1=\"\(floor)\" y2=\"\(floor)\"/>")
        return parts
    }

    private func drawing(of line: Line) -> [String] {
        let path = line.points.map { "\(Self.number(across($0.x))),\(Self.number(down($0.y)))" }.joined(separator: " ")
        var parts = ["<polyline class=\"line c\(line.colour)\" points=\"\(path)\"/>"]
        for point in line.points {
            let (cx, cy) = (Self.number(across(point.x)), Self.number(down(point.y)))
            let hint = "<title>\(HTMLText.escaped(point.hint))</title>"
            // A larger, unseen circle is easier to hit.
            let style = point.isHollow ? "ring" : "mark"
            if line.hasMarks { parts.append("<circle class=\"\(style) c\(line.colour)\" cx=\"\(cx)\" cy=\"\(cy)\" r=\"4\"/>") }
            parts.append("<circle class=\"hit\" cx=\"\(cx)\" cy=\"\(cy)\" r=\"\(line.hasMarks ? 11 : 5)\">\(hint)</circle>")
        }
        return parts
    }

    private func text(_ text: String, _ x: Double, _ y: Double, _ style: String, anchor: String = "middle") -> String {
        "<text class=\"\(style)\" x=\"\(Self.number(x))\" y=\"\(Self.number(y))\" text-anchor=\"\(anchor)\">"
            + "\(HTMLText.escaped(text))</text>"
    }
}
