import StrictJSON

/// The same rules as the scanner's, written again in the plainest way: one Unicode scalar at a time, with the standard
/// library's judgement of what is UTF-8 and a set for the keys. Slow, and different from the scanner in every part.
///
/// It can be given a defect, to prove that a difference would be found.
struct PlainModel {
    enum Defect: CaseIterable {
        case takesDuplicateKeys, takesLoneSurrogates, takesControlsInLongStrings, takesLeadingZeros, takesTrailingCommas
        case takesTrailingBytes, comparesKeysAsWritten, losesTheLastEscape, takesInvalidUTF8, nestsOneDeeper
    }

    private struct Refused: Error {}

    private let scalars: [Unicode.Scalar]
    private let defect: Defect?
    private var position = 0
    private var depth = 0
    private var openKeys = 0
    private var events: [Event] = []

    /// What the model tells of a text; nil when it refuses it.
    static func events(of text: [UInt8], defect: Defect? = nil) -> [Event]? {
        let decoded =
            defect == .takesInvalidUTF8
            ? String(decoding: text, as: UTF8.self) : String(validating: text, as: UTF8.self)
        guard let decoded else { return nil }
        var model = PlainModel(scalars: Array(decoded.unicodeScalars), defect: defect)
        do {
            try model.readValue()
            model.skipWhiteSpace()
            guard model.position == model.scalars.count || defect == .takesTrailingBytes else { return nil }
            return model.events
        } catch {
            return nil
        }
    }

    private init(scalars: [Unicode.Scalar], defect: Defect?) {
        self.scalars = scalars
        self.defect = defect
    }

    private var next: Unicode.Scalar? { position < scalars.count ? scalars[position] : nil }

    private mutating func skipWhiteSpace() {
        while let scalar = next, [" ", "\t", "\n", "\r"].contains(scalar) { position += 1 }
    }

    private mutating func take(_ scalar: Unicode.Scalar) throws {
        guard next == scalar else { throw Refused() }
        position += 1
    }

    private mutating func readValue() throws {
        skipWhiteSpace()
        switch next {
        case "{": try readObject()
        case "[": try readArray()
        case "\"": events.append(.string(try readString().bytes))
        case "t": try readWord("true", .boolean(true))
        case "f": try readWord("false", .boolean(false))
        case "n": try readWord("null", .null)
        default: try readNumber()
        }
    }

    private mutating func enter() throws {
        depth += 1
        guard depth <= JSONLimits.depth + (defect == .nestsOneDeeper ? 1 : 0) else { throw Refused() }
    }

    private mutating func readObject() throws {
        try enter()
        try take("{")
        events.append(.beginObject)
        var keys: Set<[UInt8]> = []
        let openKeysBefore = openKeys
        skipWhiteSpace()
        if next != "}" {
            while true {
                skipWhiteSpace()
                if next == "}", defect == .takesTrailingCommas { break }
                let (key, written) = try readString()
                let isNew = keys.insert(defect == .comparesKeysAsWritten ? written : key).inserted
                guard isNew || defect == .takesDuplicateKeys else { throw Refused() }
                openKeys += 1
                guard openKeys <= JSONLimits.members else { throw Refused() }
                events.append(.key(key))
                skipWhiteSpace()
                try take(":")
                try readValue()
                skipWhiteSpace()
                guard next == "," else { break }
                position += 1
            }
        }
        try take("}")
        events.append(.endObject)
        openKeys = openKeysBefore
        depth -= 1
    }

    private mutating func readArray() throws {
        try enter()
        try take("[")
        events.append(.beginArray)
        skipWhiteSpace()
        if next != "]" {
            while true {
                skipWhiteSpace()
                if next == "]", defect == .takesTrailingCommas { break }
                try readValue()
                skipWhiteSpace()
                guard next == "," else { break }
                position += 1
            }
        }
        try take("]")
        events.append(.endArray)
        depth -= 1
    }

    private mutating func readWord(_ word: String, _ event: Event) throws {
        for scalar in word.unicodeScalars { try take(scalar) }
        events.append(event)
    }

    private mutating func readNumber() throws {
        let start = position
        if next == "-" { position += 1 }
        if next == "0", defect != .takesLeadingZeros {
            position += 1
        } else {
            try readDigits()
        }
        if next == "." {
            position += 1
            try readDigits()
        }
        if next == "e" || next == "E" {
            position += 1
            if next == "+" || next == "-" { position += 1 }
            try readDigits()
        }
        events.append(.number(Self.utf8(scalars[start..<position])))
    }

    private mutating func readDigits() throws {
        guard let first = next, ("0"..."9").contains(first) else { throw Refused() }
        while let scalar = next, ("0"..."9").contains(scalar) { position += 1 }
    }

    private mutating func readString() throws -> (bytes: [UInt8], written: [UInt8]) {
        try take("\"")
        let start = position
        var text: [Unicode.Scalar] = []
        while let scalar = next, scalar != "\"" {
            position += 1
            if scalar == "\\" {
                let resolved = try readEscape()
                if next == "\"", defect == .losesTheLastEscape { continue }
                text.append(resolved)
            } else {
                let isTaken = defect == .takesControlsInLongStrings && position - start > 16
                guard scalar.value >= 0x20 || isTaken else { throw Refused() }
                text.append(scalar)
            }
        }
        let written = Self.utf8(scalars[start..<position])
        try take("\"")
        return (Self.utf8(text[...]), written)
    }

    private mutating func readEscape() throws -> Unicode.Scalar {
        guard let scalar = next else { throw Refused() }
        position += 1
        switch scalar {
        case "\"", "\\", "/": return scalar
        case "b": return "\u{8}"
        case "f": return "\u{c}"
        case "n": return "\n"
        case "r": return "\r"
        case "t": return "\t"
        case "u": break
        default: throw Refused()
        }
        let first = try readUnit()
        if let scalar = Unicode.Scalar(first) { return scalar }
        if defect == .takesLoneSurrogates { return "\u{fffd}" }
        try take("\\")
        try take("u")
        var pair = UTF16.ForwardParser()
        var units = [first, try readUnit()].makeIterator()
        guard case .valid(let content) = pair.parseScalar(from: &units) else { throw Refused() }
        return UTF16.decode(content)
    }

    private mutating func readUnit() throws -> UInt16 {
        let digits = scalars[position..<min(position + 4, scalars.count)]
        guard digits.count == 4, digits.allSatisfy({ $0.isASCII && Character($0).isHexDigit }) else { throw Refused() }
        position += 4
        return digits.reduce(0) { $0 << 4 | UInt16(Character($1).hexDigitValue ?? 0) }
    }

    private static func utf8(_ scalars: ArraySlice<Unicode.Scalar>) -> [UInt8] {
        scalars.flatMap { Array(UTF8.encode($0) ?? UTF8.encodedReplacementCharacter) }
    }
}
