import JOSE
import StrictJSON
import Testing

/// What a verifier said of a token, in a form that `#expect` can show.
enum Verdict: Equatable {
    case accepted(payload: String, kid: String)
    case rejected(JWSRejection)
}

func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

func keySet(_ json: String) throws(KeySetError) -> KeySet {
    let json = bytes(json)
    return try KeySet(json: json.rawSpan)
}

func sign(_ payload: String, with key: Key, type: String = "at+jwt") throws -> [UInt8] {
    var signer = try Signer(key: key, type: type)
    let payload = bytes(payload)
    var token: [UInt8] = []
    try signer.sign(payload: payload.rawSpan, into: &token)
    return token
}

extension Verifier {
    mutating func verdict(_ token: [UInt8]) -> Verdict {
        do throws(JWSRejection) {
            try verify(token.rawSpan)
        } catch {
            return .rejected(error)
        }
        return .accepted(payload: payload.string, kid: key?.kid ?? "")
    }

    mutating func verdict(_ token: String) -> Verdict { verdict(bytes(token)) }
}

extension Key {
    func signature(of input: String) throws(JOSEError) -> [UInt8] {
        let input = bytes(input)
        return try signature(of: input.rawSpan)
    }

    func verifies(_ signature: [UInt8], of input: String) throws(JOSEError) -> Bool {
        let input = bytes(input)
        return try verifies(signature.rawSpan, of: input.rawSpan)
    }

    /// A token with any header and payload whatsoever, signed with this key.
    func token(header: String, payload: String = "{}") throws -> String {
        let input = encoded(header) + "." + encoded(payload)
        return input + "." + encoded(try signature(of: input))
    }
}

func encoded(_ bytes: [UInt8]) -> String {
    var output: [UInt8] = []
    Base64URL.encode(bytes.rawSpan, into: &output)
    return text(output)
}

func encoded(_ text: String) -> String { encoded(bytes(text)) }

struct NotBase64URL: Error {}

func decoded(_ text: [UInt8]) throws(NotBase64URL) -> [UInt8] {
    var output: [UInt8] = []
    guard Base64URL.decode(text.rawSpan, into: &output) else { throw NotBase64URL() }
    return output
}

func decoded(_ text: String) throws(NotBase64URL) -> [UInt8] { try decoded(bytes(text)) }
