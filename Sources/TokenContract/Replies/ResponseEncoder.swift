internal import StrictJSON

/// Writes the bodies of all replies, by appending to the loop's buffer.
///
/// Promises. Every body satisfies its operation's reply schema, error bodies included: a caller that never looks at
/// headers reads an error as a pair without tokens or as `"valid":false`, never as something it could take for a
/// success. No allocation beyond the growth of the buffer.
package enum ResponseEncoder {
    /// The success of `generate_tokens` and `refresh_tokens`.
    package static func tokenPair(access: RawSpan, refresh: RawSpan, into buffer: inout [UInt8]) {
        buffer.append(#"{"access_token":"#)
        buffer.appendJSONString(access)
        buffer.append(#","refresh_token":"#)
        buffer.appendJSONString(refresh)
        buffer.append(UInt8(ascii: "}"))
    }

    /// `verify_token` of a token that is valid.
    package static func valid(_ payload: borrowing VerifiedPayload, into buffer: inout [UInt8]) {
        buffer.append(#"{"valid":true,"payload":{"id":"#)
        buffer.appendJSONString(payload.id)
        buffer.append(#","jti":"#)
        buffer.appendJSONString(payload.jti)
        buffer.append(#","sid":"#)
        buffer.appendJSONString(payload.sid)
        buffer.append(#","iat":"#)
        buffer.appendDecimal(payload.iat)
        buffer.append(#","exp":"#)
        buffer.appendDecimal(payload.exp)
        buffer.append(#","iss":"#)
        buffer.appendJSONString(payload.iss)
        buffer.append("}}")
    }

    /// The same of what needs no writing: an id that is without escapes as it stands, and the other members with their names.
    ///
    /// - Parameters:
    ///   - ids: `"jti":"…","sid":"…"`
    ///   - times: `"iat":…,"exp":…`
    ///   - issuer: `"iss":"…"`
    package static func valid(
        plainID id: RawSpan, ids: RawSpan, times: RawSpan, issuer: RawSpan, into buffer: inout [UInt8]
    ) {
        let names: StaticString = #"{"valid":true,"payload":{"id":""#
        let punctuation = 6
        let byteCount = names.utf8CodeUnitCount + id.byteCount + ids.byteCount + times.byteCount + issuer.byteCount
        buffer.append(addingCapacity: byteCount + punctuation) { output in
            output.append(names.rawSpan)
            output.append(id)
            output.append(UInt8(ascii: "\""))
            output.append(UInt8(ascii: ","))
            output.append(ids)
            output.append(UInt8(ascii: ","))
            output.append(times)
            output.append(UInt8(ascii: ","))
            output.append(issuer)
            output.append(UInt8(ascii: "}"))
            output.append(UInt8(ascii: "}"))
        }
    }

    /// `verify_token` of a token that is not: an answer, not an error. Each is spelled out, so that none is written.
    package static func invalid(_ reason: InvalidReason) -> StaticString {
        switch reason {
        case .malformed: #"{"valid":false,"reason":"malformed"}"#
        case .unsupportedAlgorithm: #"{"valid":false,"reason":"unsupported_algorithm"}"#
        case .unknownKey: #"{"valid":false,"reason":"unknown_key"}"#
        case .badSignature: #"{"valid":false,"reason":"bad_signature"}"#
        case .wrongType: #"{"valid":false,"reason":"wrong_type"}"#
        case .wrongIssuer: #"{"valid":false,"reason":"wrong_issuer"}"#
        case .notYetValid: #"{"valid":false,"reason":"not_yet_valid"}"#
        case .expired: #"{"valid":false,"reason":"expired"}"#
        case .revoked: #"{"valid":false,"reason":"revoked"}"#
        }
    }

    /// The success of `blacklist_tokens`, where a reply was asked for.
    package static func empty(into buffer: inout [UInt8]) {
        buffer.append("{}")
    }

    /// The body that goes with error headers.
    package static func errorBody(for operation: Operation) -> StaticString {
        switch operation {
        case .verifyToken: #"{"valid":false}"#
        case .generateTokens, .refreshTokens, .blacklistTokens: "{}"
        }
    }
}
