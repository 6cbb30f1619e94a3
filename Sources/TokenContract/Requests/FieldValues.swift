internal import StrictJSON

/// Where the fields of the request that was read last lie: in the request itself, or unescaped in the decoder's
/// scratch. Offsets only, so that it owns and frees nothing.
struct FieldValues {
    struct Location {
        var start = 0
        var end = 0
        var isPresent = false
        var isInScratch = false

        var byteCount: Int { end - start }
    }

    private var strings = InlineArray<3, JSONString>(repeating: JSONString(start: 0, end: 0, hasEscapes: false))
    private var locations = InlineArray<3, Location>(repeating: Location())

    init() {
        assert(locations.count == Field.allCases.count)
    }

    subscript(_ field: Field) -> Location { locations[field.rawValue] }

    /// Notes a field as the scanner has read it.
    mutating func note(_ string: JSONString, as field: Field) {
        let index = field.rawValue
        strings[index] = string
        locations[index] = Location(start: string.start, end: string.end, isPresent: true, isInScratch: false)
    }

    /// Unescapes what has to be, behind what is in the scratch already. An unescaped string is never longer than
    /// its spelling, so a scratch of the request's size never grows.
    mutating func unescape(in text: RawSpan, into scratch: inout [UInt8]) {
        for index in locations.indices where locations[index].isPresent && strings[index].hasEscapes {
            let start = scratch.count
            strings[index].unescape(in: text, into: &scratch)
            locations[index] = Location(start: start, end: scratch.count, isPresent: true, isInScratch: true)
        }
    }
}
