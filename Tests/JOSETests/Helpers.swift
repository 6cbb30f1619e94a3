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
