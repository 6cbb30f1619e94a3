internal import CLoad

/// The secret of a NATS user's key pair: `SU…` in base32, two bytes of prefix, 32 of Ed25519 seed, a checksum of two.
package struct NKeySeed: Equatable, Sendable {
    private let seed: [UInt8]
    private static let seedPrefix: UInt8 = 18 << 3
    private static let userPrefix: UInt8 = 20 << 3

    package init(_ text: some StringProtocol) throws(LoadError) {
        guard let bytes = Base32.decode(text.utf8), bytes.count == 36, bytes[0] & 0xF8 == Self.seedPrefix,
            (bytes[0] & 7) << 5 | bytes[1] >> 3 == Self.userPrefix
        else { throw LoadError("not the seed of a NATS user (SU…)") }
        guard Self.checksum(bytes.prefix(34)) == UInt16(bytes[34]) | UInt16(bytes[35]) << 8 else {
            throw LoadError("the seed of the NATS user is damaged: its checksum is wrong")
        }
        seed = Array(bytes[2..<34])
    }

    /// The first line that looks like one.
    package init(file text: String, at path: String) throws(LoadError) {
        let lines = text.split(whereSeparator: \.isWhitespace)
        guard let line = lines.first(where: { $0.hasPrefix("SU") }) else { throw LoadError("\(path) holds no seed (SU…)") }
        try self.init(line)
    }

    /// Both as they go over the wire.
    func sign(_ nonce: String) throws(LoadError) -> (signature: String, publicKey: String) {
        guard !nonce.isEmpty else { throw LoadError("the server asks for no signature: it knows no user with an NKey") }
        var signature = [UInt8](repeating: 0, count: 64)
        var key = [UInt8](repeating: 0, count: 32)
        let text = Array(nonce.utf8)
        guard unsafe load_sign(seed, text, text.count, &signature, &key) == 1 else { throw LoadError("no Ed25519 signature") }
        let named = [Self.userPrefix] + key
        let sum = Self.checksum(named[...])
        return (Base64URL.encode(signature), Base32.encode(named + [UInt8(sum & 0xFF), UInt8(sum >> 8)]))
    }

    /// CRC-16 with the polynomial 0x1021, from 0.
    private static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt16 {
        bytes.reduce(0) { sum, byte in
            (0..<8).reduce(sum ^ UInt16(byte) << 8) { sum, _ in sum & 0x8000 != 0 ? sum << 1 ^ 0x1021 : sum << 1 }
        }
    }
}

/// A credentials file: a user's JWT and the seed that belongs to it, each in a block of its own.
package struct NATSCredentials: Sendable {
    package let jwt: String
    package let seed: NKeySeed

    package init(file text: String, at path: String) throws(LoadError) {
        var blocks: [Substring] = []
        var follows = false
        for line in text.split(whereSeparator: \.isNewline) {
            if line.hasPrefix("---") {
                follows = line.contains("BEGIN")
            } else if follows, let word = line.split(whereSeparator: \.isWhitespace).first {
                blocks.append(word)
                follows = false
            }
        }
        guard blocks.count == 2 else { throw LoadError("\(path) is no credentials file: a user's JWT and seed, between -----") }
        jwt = String(blocks[0])
        seed = try NKeySeed(blocks[1])
    }
}

/// RFC 4648, without padding.
enum Base32 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".utf8)

    static func decode(_ text: some Collection<UInt8>) -> [UInt8]? {
        var decoded: [UInt8] = []
        var (bits, held) = (UInt32(0), 0)
        for character in text {
            guard let value = alphabet.firstIndex(of: character) else { return nil }
            bits = bits << 5 | UInt32(value)
            held += 5
            guard held >= 8 else { continue }
            held -= 8
            decoded.append(UInt8(truncatingIfNeeded: bits >> UInt32(held)))
        }
        return decoded
    }

    static func encode(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        var (bits, held) = (UInt32(0), 0)
        for byte in bytes {
            bits = bits << 8 | UInt32(byte)
            held += 8
            while held >= 5 {
                held -= 5
                text.append(alphabet[Int(bits >> UInt32(held) & 31)])
            }
        }
        if held > 0 { text.append(alphabet[Int(bits << UInt32(5 - held) & 31)]) }
        return String(decoding: text, as: UTF8.self)
    }
}
