import StrictJSON
import TokenContract

/// Decodes one request and gives every field that it has.
func decode(
    _ operation: Operation,
    _ body: [UInt8],
    limits: RequestLimits = .default
) throws -> [Field: String] {
    var decoder = try RequestDecoder(limits: limits)
    try decoder.decode(operation, body.rawSpan)
    return fields(of: decoder, body)
}

func decode(_ operation: Operation, _ body: String, limits: RequestLimits = .default) throws -> [Field: String] {
    try decode(operation, Array(body.utf8), limits: limits)
}

func fields(of decoder: borrowing RequestDecoder, _ body: [UInt8]) -> [Field: String] {
    var fields: [Field: String] = [:]
    for field in Field.allCases {
        if let value = decoder.value(field, in: body.rawSpan) {
            fields[field] = value.string
        }
    }
    return fields
}
