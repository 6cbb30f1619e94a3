internal import StrictJSON

/// Where the fields of the request that was read last lie: in the request itself, or unescaped in the decoder's
/// scratch. Offsets only, so that it owns and frees nothing.
struct FieldValues {
    struct Location {
        enum State {
            /// The request does not have the field.
            case absent
            /// The value stands in the request as it is meant.
            case plain
            /// The value stands in the request, with escapes in it.
            case escaped
            /// The offsets are the scratch's.
            case inScratch
        }

        var start = 0
        var end = 0
        var state = State.absent

        var byteCount: Int { end - start }
    }

    private var locations = InlineArray<3, Location>(repeating: Location())

    init() {
        assert(locations.count == Field.allCases.count)
    }

    subscript(_ field: Field) -> Location { locations[field.rawValue] }

    /// Notes a field as the scanner has read it.
    mutating func note(_ string: JSONString, as field: Field) {
        let state = string.hasEscapes ? Location.State.escaped : .plain
        locations[field.rawValue] = Location(start: string.start, end: string.end, state: state)
    }

    /// Unescapes what has to be, behind what is in the scratch already. An unescaped string is never longer than
    /// its spelling, so a scratch of the request's size never grows.
    mutating func unescape(in text: RawSpan, into scratch: inout [UInt8]) {
        for index in locations.indices where locations[index].state == .escaped {
            let written = JSONString(start: locations[index].start, end: locations[index].end, hasEscapes: true)
            let start = scratch.count
            written.unescape(in: text, into: &scratch)
            locations[index] = Location(start: start, end: scratch.count, state: .inScratch)
        }
    }
}
