import Foundation
import Testing

@testable import LoadGenerator

@Suite("What is written for machines and for people")
struct DocumentTests {
    /// A run of 100 right replies and two errors, as the loop would have measured it.
    static func run(_ pace: Pace, mix: Mix = Mix(only: .hot), failures: Int = 2, replies: Int = 100) -> RunResult {
        let plan = RunPlan(mix: mix, pace: pace, seconds: 2, warmUpSeconds: 1)
        let times = RunTimes(plan, start: 0)
        var outcome = WorkerOutcome()
        outcome.replies = replies
        outcome.endedAt = times.measureUntil
        for value in 1...max(1, replies) {
            for kind in mix.kinds { outcome.latencies[Int(kind.rawValue)].record(UInt64(value) * 1_000) }
        }
        for _ in 0..<failures { outcome.failures.add("no reply <b>within</b> 5 s") }
        return RunResult(plan: plan, times: times, server: "2.15.1", outcomes: [outcome])
    }

    static func document(_ runs: [RunResult], title: String = "a title") -> Document {
        var document = Document(title: title, command: ["token-bench", "verify"], server: "nats://127.0.0.1:4222")
        document.runs = runs
        return document
    }

    @Test("JSON that was written is read again as what it was, and says what people will look for")
    func roundTrip() throws {
        let written = Self.document([Self.run(.closed(inFlight: 64)), Self.run(.open(rate: 50))])
        let read = try Document(json: written.json)
        #expect(read.json == written.json)
        let object = try #require(try JSONSerialization.jsonObject(with: Data(written.json.utf8)) as? [String: Any])
        let runs = try #require(object["runs"] as? [[String: Any]])
        #expect(object["format"] as? Int == 1)
        #expect(runs[0]["inFlight"] as? Int == 64 && runs[0]["ratePerSecond"] == nil)
        #expect(runs[1]["ratePerSecond"] as? Int == 50 && runs[1]["isSustained"] as? Bool == true)
        #expect(runs[0]["repliesPerSecond"] as? Double == 50)
        #expect(runs[0]["errors"] as? Int == 2)
        let latency = try #require(runs[0]["latency"] as? [String: Any])
        #expect(latency["count"] as? Int == 100)
    }

    @Test("a document of another format is refused, not misread")
    func otherFormat() throws {
        var document = Self.document([])
        document.format = 2
        #expect(throws: LoadError.self) { try Document(json: document.json) }
        #expect(throws: LoadError.self) { try Document(json: "{}") }
    }

    @Test("a rate that was not answered is not called sustained")
    func sustained() {
        #expect(Self.run(.open(rate: 50)).isSustained == true)
        #expect(Self.run(.open(rate: 51)).isSustained == false)
        #expect(Self.run(.closed(inFlight: 1)).isSustained == nil)
    }

    @Test("passwords do not get into what is shown around")
    func secrets() {
        let command = [
            "verify", "--nats-password", "geheim", "--nats-password=geheim", "--nats-token", "geheim", "--against",
            "nats://me:geheim@host:1", "x",
        ]
        let shown = Document.withoutSecrets(command)
        #expect(!shown.joined().contains("geheim"))
        #expect(shown.count == command.count && shown.last == "x" && shown[7].hasSuffix("@host:1"))
    }

    @Test("the page is well-formed, needs nothing from outside, runs no script, and shows text as text")
    func page() throws {
        let mix = try Mix(verifyNew: 10, revoked: 1, forged: 0, malformed: 0)
        var report = Report(documents: [
            Self.document([Self.run(.closed(inFlight: 1)), Self.run(.closed(inFlight: 64), mix: mix)], title: "<script>\"&'"),
            Self.document([Self.run(.open(rate: 50)), Self.run(.open(rate: 50_000), replies: 0)]),
        ])
        report.rows = try Row.read(
            #"{"row": "a < b", "figure": {"median": 1, "low": 1, "high": 2}, "target": "≥ 0.9", "met": false, "note": "<img>"}"#)
        let html = report.html
        for foreign in ["<script", "<img", "http://", "https://", "url(", "@import", "<link", "src="] {
            #expect(!html.contains(foreign), "\(foreign)")
        }
        #expect(html.contains("prefers-color-scheme: dark") && html.contains("&lt;script&gt;"))
        #expect(html.contains("not met") && html.contains("a &lt; b"))
        // What an XML parser takes, no browser will mend in its own way. `meta` is the one element without an end.
        let xml = html.replacing("<!doctype html>", with: "").replacing(/<(meta|br)([^>]*)>/) { "<\($0.1)\($0.2)/>" }
        #expect(XMLWellFormed.check(xml) == nil)
    }

    @Test("a report of nothing, and of runs without a single reply, is a page too")
    func emptyPage() {
        #expect(Report(documents: []).html.contains("</html>"))
        let nothing = Self.run(.closed(inFlight: 1), failures: 1, replies: 0)
        #expect(Report(documents: [Self.document([nothing])]).html.contains("</html>"))
    }

    @Test("figures are rounded to what can be told", arguments: [
        (0.0, "0.00"), (0.94, "0.94"), (31.24, "31.2"), (645_123, "645,000"), (99_950, "100,000"), (0.0123, "0.0123"),
    ])
    func figures(_ value: Double, _ text: String) {
        #expect(Texts.figure(value) == text)
    }

    @Test("durations have the unit that people would say", arguments: [
        (950.0, "950 ns"), (1_000, "1.00 µs"), (87_140, "87.1 µs"), (12_345_678, "12.3 ms"), (1_500_000_000, "1.50 s"),
    ])
    func durations(_ nanoseconds: Double, _ text: String) {
        #expect(Texts.duration(nanoseconds) == text)
    }
}

/// Tags that are opened are closed, in order. (Foundation's XML parser would be one more library to link.)
enum XMLWellFormed {
    static func check(_ text: String) -> String? {
        var open: [Substring] = []
        for tag in text.matches(of: /<(\/?)([a-zA-Z0-9]+)([^<>]*?)(\/?)>/) {
            if tag.4 == "/" { continue }
            if tag.1 == "/" {
                guard open.popLast() == tag.2 else { return "</\(tag.2)> closes what was not open" }
            } else {
                open.append(tag.2)
            }
        }
        return open.isEmpty ? nil : "not closed: \(open)"
    }
}
