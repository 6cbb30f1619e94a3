import StrictJSON
import Testing

@Suite("The scanner's own limits hold exactly")
struct LimitsTests {
    private func nested(_ open: String, _ close: String, depth: Int) -> String {
        String(repeating: open, count: depth) + "1" + String(repeating: close, count: depth)
    }

    private func object(members: Int, value: (Int) -> String = { "\($0)" }) -> String {
        "{" + (0..<members).map { "\"k\($0)\":\(value($0))" }.joined(separator: ",") + "}"
    }

    @Test("Containers nest as deep as the limit, and no deeper")
    func depth() {
        for (open, close) in [("[", "]"), (#"{"a":"#, "}"), (#"[{"a":"#, "}]")] {
            let each = open.hasPrefix("[{") ? 2 : 1
            let deepest = JSONLimits.depth / each
            #expect(refusal(of: nested(open, close, depth: deepest)) == nil)
            #expect(
                refusal(of: nested(open, close, depth: deepest + 1))
                    == JSONError(.tooDeep, at: open.utf8.count * deepest)
            )
        }
        #expect(refusal(of: String(repeating: "[", count: 100_000)) == JSONError(.tooDeep, at: JSONLimits.depth))
        #expect(refusal(of: String(repeating: #"{"a":"#, count: 100_000))?.reason == .tooDeep)
    }

    @Test("Siblings do not add up to a depth")
    func siblings() {
        let deep = nested("[", "]", depth: JSONLimits.depth - 1)
        #expect(refusal(of: "[\(Array(repeating: deep, count: 50).joined(separator: ","))]") == nil)
    }

    @Test("An object has as many members as the limit, and no more; each of them is still compared")
    func members() {
        #expect(refusal(of: object(members: JSONLimits.members)) == nil)
        #expect(refusal(of: object(members: JSONLimits.members + 1))?.reason == .tooManyMembers)
        #expect(refusal(of: object(members: JSONLimits.members - 1).dropLast() + #","k0":1}"#)?.reason == .duplicateKey)
        #expect(refusal(of: object(members: JSONLimits.members).dropLast() + #","k0":1}"#)?.reason == .duplicateKey)
    }

    @Test("Members of the objects around count, members of closed objects do not")
    func openMembers() {
        let half = JSONLimits.members / 2
        let around = object(members: half) { $0 == half - 1 ? object(members: half) : "0" }
        #expect(refusal(of: around) == nil)
        let tooMany = object(members: half) { $0 == half - 1 ? object(members: half + 1) : "0" }
        #expect(refusal(of: tooMany)?.reason == .tooManyMembers)
        let beside = object(members: half) { _ in object(members: half) }
        #expect(refusal(of: beside) == nil)
    }

    @Test("Keys of an object around are not the object's own, before and after it")
    func scopes() {
        #expect(refusal(of: #"{"a":{"a":{"a":1,"b":1},"b":1},"b":{"a":1}}"#) == nil)
        #expect(refusal(of: #"{"a":{"x":1},"b":1,"a":1}"#) == JSONError(.duplicateKey, at: 19))
    }

    @Test(
        "An error's text names reason and place, and nothing else",
        arguments: ["{\"secret\":\"secret", "[secret]", "\"secret\"secret", "{\"secret\":1,\"secret\":2}"]
    )
    func description(text: String) throws {
        let error = try #require(refusal(of: text))
        #expect(error.description.contains("at offset \(error.offset)"))
        #expect(!error.description.contains("secret"))
    }
}
