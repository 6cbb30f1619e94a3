/// The error headers of the NATS services convention (ADR-32).
package enum ErrorHeader {
    package static let code = "Nats-Service-Error-Code"
    package static let text = "Nats-Service-Error"

    /// The longest header value that is sent: a header line must stay far below the parsers' line limits.
    static let textLimit = 256

    /// `text` as one line: whatever could end the header, or disturb a terminal, becomes a space.
    static func line(_ text: String) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(min(textLimit, text.utf8.count))
        for byte in text.utf8 {
            if bytes.count == textLimit { break }
            bytes.append(byte < 0x20 || byte == 0x7f ? 0x20 : byte)
        }
        // A character cut in two at the limit is repaired away here.
        return String(decoding: bytes, as: UTF8.self)
    }
}
