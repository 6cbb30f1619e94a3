import TestSupport

/// Texts that lie close to the border between what is JSON and what is not: a well-formed one, written in every
/// spelling the grammar has, and then, mostly, damaged.
struct RandomTexts {
    private var random: SeededGenerator

    init(seed: UInt64) {
        random = SeededGenerator(seed: seed)
    }

    mutating func next() -> [UInt8] {
        var text: [UInt8] = []
        if chance(1, in: 40) {
            appendNest(to: &text)
        } else {
            appendValue(to: &text, depth: 0)
        }
        guard !chance(1, in: 3) else { return text }
        for _ in 0..<below(3) + 1 { damage(&text) }
        return text
    }

    private mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &random) }

    private mutating func chance(_ part: Int, in whole: Int) -> Bool { below(whole) < part }

    private mutating func pick<Element>(_ elements: [Element]) -> Element { elements[below(elements.count)] }

    /// Single bytes that matter to a scanner.
    private static let bytes: [UInt8] =
        Array("\"\\{}[]:,0123456789-+.eEtfnu/ab \t\r\n".utf8) + [
            0x00, 0x1f, 0x7f, 0x80, 0xbf, 0xc0, 0xe2, 0xed, 0xf0, 0xff,
        ]

    private mutating func damage(_ text: inout [UInt8]) {
        let index = below(text.count + 1)
        switch below(8) {
        case 6, 7: damageStructure(of: &text)
        case 0: text.insert(pick(Self.bytes), at: index)
        case 1 where index < text.count: text[index] = pick(Self.bytes)
        case 2 where index < text.count: text.remove(at: index)
        case 3 where index < text.count: text[index] ^= 1 << UInt8(below(8))
        case 4: text.removeLast(text.count - index)
        default:
            let end = min(text.count, index + below(12))
            text.insert(contentsOf: text[index..<end], at: below(text.count + 1))
        }
    }

    /// Puts a piece of structure too many before or behind another one.
    private mutating func damageStructure(of text: inout [UInt8]) {
        let places = text.indices.filter { Self.structure.contains(text[$0]) }
        guard !places.isEmpty else { return }
        text.insert(
            contentsOf: Array(pick([",", ",", ":", "[", "]", "{", "}", "0", "\"a\":1,"]).utf8),
            at: pick(places) + below(2)
        )
    }

    private static let structure = Set("{}[],:".utf8)

    /// Containers about as deep as they may be.
    private mutating func appendNest(to text: inout [UInt8]) {
        let depth = 14 + below(5)
        for _ in 0..<depth { text += Array("[".utf8) }
        for _ in 0..<depth { text += Array("]".utf8) }
    }

    private mutating func appendValue(to text: inout [UInt8], depth: Int) {
        appendWhiteSpace(to: &text)
        switch below(depth > 3 ? 4 : 7) {
        case 0: text += Array(pick(["true", "false", "null"]).utf8)
        case 1: appendNumber(to: &text)
        case 2, 3: appendString(to: &text)
        case 4:
            appendContainer(to: &text, "[", "]") { generator, text in generator.appendValue(to: &text, depth: depth + 1)
            }
        default:
            appendContainer(to: &text, "{", "}") { generator, text in
                generator.appendKey(to: &text)
                text += Array(":".utf8)
                generator.appendValue(to: &text, depth: depth + 1)
            }
        }
        appendWhiteSpace(to: &text)
    }

    private mutating func appendContainer(
        to text: inout [UInt8],
        _ open: String,
        _ close: String,
        member: (inout RandomTexts, inout [UInt8]) -> Void
    ) {
        text += Array(open.utf8)
        // Now and then about as many members as there may be.
        let count = chance(1, in: 60) ? 60 + below(8) : below(5)
        for index in 0..<count {
            if index > 0 { text += Array(",".utf8) }
            member(&self, &text)
        }
        appendWhiteSpace(to: &text)
        text += Array(close.utf8)
    }

    private mutating func appendWhiteSpace(to text: inout [UInt8]) {
        while chance(1, in: 4) { text += Array(pick([" ", "\t", "\r", "\n"]).utf8) }
    }

    private mutating func appendNumber(to text: inout [UInt8]) {
        if chance(1, in: 3) { text += Array("-".utf8) }
        text += Array(pick(["0", "1", "42", "9223372036854775807", "18446744073709551616"]).utf8)
        if chance(1, in: 3) { text += Array(pick([".0", ".5", ".25e1"]).utf8) }
        if chance(1, in: 3) { text += Array(pick(["e1", "E+2", "e-3", "e400"]).utf8) }
    }

    /// From few names, in two spellings, so that duplicates are common; or one of its own.
    private mutating func appendKey(to text: inout [UInt8]) {
        appendWhiteSpace(to: &text)
        if chance(1, in: 8) {
            text += Array(
                #""\#(pick(["a", "\\u0061", "b", "\\u0062", "é", "\\u00e9", "\\u00E9", "", "\\/", "/"]))""#.utf8
            )
        } else {
            appendString(to: &text)
        }
        appendWhiteSpace(to: &text)
    }

    private mutating func appendString(to text: inout [UInt8]) {
        text += Array("\"".utf8)
        for _ in 0..<below(6) {
            switch below(8) {
            case 0...3: text += [UInt8](repeating: UInt8(ascii: "a") + UInt8(below(26)), count: below(24))
            case 4: text += Array(pick(["é", "€", "😀", "\u{7f}", "\u{80}", "\u{ffff}", "\u{10ffff}"]).utf8)
            case 5: text += Array("\\".utf8) + [pick(Array("\"\\/bfnrt".utf8))]
            case 6: text += Array(pick(["\\u0000", "\\u00e9", "\\uFFFF", "\\ud83d\\ude00", "\\uDBFF\\uDFFF"]).utf8)
            default:
                if chance(1, in: 6) {
                    text += pick([Array("\\ud83d".utf8), [0xed, 0xa0, 0x80], [0xc0, 0xaf], [0x0a]])
                }
            }
        }
        text += Array("\"".utf8)
    }
}
