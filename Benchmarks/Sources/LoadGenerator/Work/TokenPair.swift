internal import FoundationEssentials

/// A pair as `generate_tokens` replies it.
package struct TokenPair: Codable, Equatable, Sendable {
    package var accessToken: String
    package var refreshToken: String

    private enum CodingKeys: String, CodingKey {
        case accessToken = "access_token"
        case refreshToken = "refresh_token"
    }

    package init(accessToken: String, refreshToken: String) {
        self.accessToken = accessToken
        self.refreshToken = refreshToken
    }

    init?(reply: RawSpan) {
        guard let pair = try? JSONDecoder().decode(TokenPair.self, from: Data(reply.array)) else { return nil }
        self = pair
    }

    /// At most `count`, from lines of JSON, which is what `token-bench tokens` writes.
    package static func read(_ text: String, count: Int = .max) throws(LoadError) -> [TokenPair] {
        var pairs: [TokenPair] = []
        let lines = text.utf8.split(separator: UInt8(ascii: "\n"), maxSplits: count == .max ? count : count + 1)
        for (number, line) in lines.prefix(count).enumerated() {
            // By hand: there can be hundreds of thousands of lines, and a run should not wait for them.
            let line = Array(line)
            guard let pair = PairReply(line.raw) else {
                throw LoadError("line \(number + 1) is not {\"access_token\": \"…\", \"refresh_token\": \"…\"}")
            }
            pairs.append(TokenPair(
                accessToken: line.raw.extracting(pair.access).text, refreshToken: line.raw.extracting(pair.refresh).text))
        }
        return pairs
    }

    package var line: String {
        "{\"access_token\":\(JSONText.quoted(accessToken)),\"refresh_token\":\(JSONText.quoted(refreshToken))}"
    }
}

/// What a token says of itself; read without a check, because the load is not who must be convinced.
struct TokenClaims: Decodable, Equatable {
    var sub: String
    var jti: String
    var sid: String
    var iat: Int
    var exp: Int
    var iss: String

    init?(token: some Collection<UInt8>) {
        let parts = token.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 3, let body = Base64URL.decode(parts[1]) else { return nil }
        guard let claims = try? JSONDecoder().decode(TokenClaims.self, from: Data(body)) else { return nil }
        self = claims
    }
}

enum Base64URL {
    static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    private static let values: [UInt8] = {
        var values = [UInt8](repeating: .max, count: 256)
        for (value, digit) in alphabet.enumerated() { values[Int(digit)] = UInt8(value) }
        return values
    }()

    static func encode(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        var (bits, held) = (UInt32(0), 0)
        for byte in bytes {
            bits = bits << 8 | UInt32(byte)
            held += 8
            while held >= 6 {
                held -= 6
                text.append(alphabet[Int(bits >> UInt32(held) & 63)])
            }
        }
        if held > 0 { text.append(alphabet[Int(bits << UInt32(6 - held) & 63)]) }
        return String(decoding: text, as: UTF8.self)
    }

    static func decode(_ text: some Collection<UInt8>) -> [UInt8]? {
        var decoded: [UInt8] = []
        decoded.reserveCapacity(text.count * 3 / 4)
        var bits: UInt32 = 0
        var held = 0
        for character in text {
            let value = values[Int(character)]
            guard value != .max else { return nil }
            bits = bits << 6 | UInt32(value)
            held += 6
            if held >= 8 {
                held -= 8
                decoded.append(UInt8(truncatingIfNeeded: bits >> UInt32(held)))
            }
        }
        return decoded
    }
}
