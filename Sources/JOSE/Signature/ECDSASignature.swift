import StrictJSON

/// The two shapes of a P-256 signature: JWS has r and s side by side, 32 bytes each (RFC 7518 section 3.4);
/// OpenSSL has them in DER, as `SEQUENCE { INTEGER r, INTEGER s }` (RFC 3279 section 2.2.3).
///
/// Written out here because OpenSSL's own conversion goes through four allocations. Both integers fit in 33 bytes, so
/// every length in the DER is a single byte.
enum ECDSASignature {
    /// The length of a JWS signature, in bytes.
    static let rawLength = 64
    /// The longest DER of a P-256 signature: 2 + 2 * (2 + 33).
    static let maxDERLength = 72

    private static let sequence: UInt8 = 0x30
    private static let integer: UInt8 = 0x02

    /// Replaces what `der` holds with the DER of `raw`, which must be 64 bytes.
    static func writeDER(of raw: RawSpan, into der: inout [UInt8]) {
        precondition(raw.byteCount == rawLength, "a P-256 signature is 64 bytes")
        der.removeAll(keepingCapacity: true)
        der.append(sequence)
        der.append(0)
        appendInteger(raw.extracting(0..<32), to: &der)
        appendInteger(raw.extracting(32..<64), to: &der)
        der[1] = UInt8(der.count - 2)
    }

    /// Overwrites `raw`, which must hold 64 bytes, with r and s of `der`. `false` when that is not such a signature.
    static func writeRaw(ofDER der: RawSpan, into raw: inout [UInt8]) -> Bool {
        precondition(raw.count == rawLength, "a P-256 signature is 64 bytes")
        guard der.byteCount >= 2, der[0] == sequence, Int(der[1]) == der.byteCount - 2 else { return false }
        var offset = 2
        return readInteger(of: der, at: &offset, into: &raw, from: 0)
            && readInteger(of: der, at: &offset, into: &raw, from: 32)
            && offset == der.byteCount
    }

    /// A DER integer is signed and as short as it can be: no leading zeros but the one that keeps it positive.
    private static func appendInteger(_ value: RawSpan, to der: inout [UInt8]) {
        var first = 0
        while first < 31, value[first] == 0 { first += 1 }
        let padded = value[first] >= 0x80
        der.append(integer)
        der.append(UInt8(32 - first + (padded ? 1 : 0)))
        if padded { der.append(0) }
        der.append(value.extracting(first..<32))
    }

    private static func readInteger(of der: RawSpan, at offset: inout Int, into raw: inout [UInt8], from start: Int)
        -> Bool
    {
        guard offset + 2 <= der.byteCount, der[offset] == integer else { return false }
        let length = Int(der[offset + 1])
        let end = offset + 2 + length
        guard length > 0, end <= der.byteCount else { return false }
        let skipped = der[offset + 2] == 0 ? 1 : 0
        let digits = length - skipped
        guard digits <= 32 else { return false }
        for index in 0..<32 - digits { raw[start + index] = 0 }
        for index in 0..<digits { raw[start + 32 - digits + index] = der[offset + 2 + skipped + index] }
        offset = end
        return true
    }
}
