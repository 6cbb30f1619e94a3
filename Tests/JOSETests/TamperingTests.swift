import JOSE
import Testing

@Suite("A token that was changed anywhere, in any way, is refused")
struct TamperingTests {
    static let payload = #"{"iss":"token-service","sub":"42","exp":1300819380}"#

    @Test("every bit of every character flipped", arguments: SignatureAlgorithm.allCases)
    func flips(_ algorithm: SignatureAlgorithm) throws {
        let keys = try TestKeys.set(algorithm)
        let token = try sign(Self.payload, with: keys.keys[0])
        var verifier = try Verifier(keys: keys, type: "at+jwt")
        var accepted: [String] = []
        for index in token.indices {
            for bit in 0..<8 {
                var changed = token
                changed[index] ^= 1 << bit
                if case .accepted = verifier.verdict(changed) { accepted.append("bit \(bit) of character \(index)") }
            }
        }
        #expect(accepted.isEmpty)
        // The same verifier still takes the token itself: a refusal leaves nothing behind.
        let verdict = verifier.verdict(token)
        #expect(verdict == .accepted(payload: Self.payload, kid: keys.keys[0].kid))
    }

    @Test("cut at every length, and lengthened by every kind of character", arguments: SignatureAlgorithm.allCases)
    func lengths(_ algorithm: SignatureAlgorithm) throws {
        let keys = try TestKeys.set(algorithm)
        let token = try sign(Self.payload, with: keys.keys[0])
        var verifier = try Verifier(keys: keys, type: "at+jwt")
        var accepted: [Int] = []
        for length in token.indices {
            if case .accepted = verifier.verdict(Array(token[..<length])) { accepted.append(length) }
            if case .accepted = verifier.verdict(Array(token[length...].dropFirst())) { accepted.append(-length) }
        }
        #expect(accepted.isEmpty)
        for suffix in ["A", "AA", "AAA", "AAAA", "=", "==", " ", "\n", "\0", ".", ".A", text(token)] {
            let lengthened = verifier.verdict(text(token) + suffix)
            #expect(lengthened == .rejected(.malformed) || lengthened == .rejected(.badSignature))
            let preceded = verifier.verdict(suffix + text(token))
            #expect(preceded != .accepted(payload: Self.payload, kid: keys.keys[0].kid))
        }
    }

    @Test(
        "the signature's bytes cut, lengthened, emptied, zeroed, or those of DER",
        arguments: SignatureAlgorithm.allCases)
    func signatures(_ algorithm: SignatureAlgorithm) throws {
        let keys = try TestKeys.set(algorithm)
        let parts = try text(sign(Self.payload, with: keys.keys[0])).split(separator: ".").map(String.init)
        let signature = try decoded(parts[2])
        var verifier = try Verifier(keys: keys, type: "at+jwt")
        var forged = (0..<signature.count).map { Array(signature[..<$0]) }
        forged += (1..<signature.count).map { Array(signature[$0...]) }
        forged += [signature + [0], [0] + signature, signature + signature]
        forged += [[UInt8](repeating: 0, count: signature.count), [UInt8](repeating: 255, count: signature.count)]
        // ECDSA as OpenSSL writes it.
        forged += [[0x30, 68, 2, 32] + signature.prefix(32) + [2, 32] + signature.suffix(32)]
        for signature in forged {
            let verdict = verifier.verdict(parts[0] + "." + parts[1] + "." + encoded(signature))
            #expect(verdict == .rejected(.badSignature))
        }
    }

    @Test("the parts of two good tokens mixed", arguments: SignatureAlgorithm.allCases)
    func mixed(_ algorithm: SignatureAlgorithm) throws {
        let keys = try TestKeys.set(algorithm)
        let first = try text(sign(#"{"sub":"1"}"#, with: keys.keys[0])).split(separator: ".")
        let second = try text(sign(#"{"sub":"2"}"#, with: keys.keys[0])).split(separator: ".")
        var verifier = try Verifier(keys: keys, type: "at+jwt")
        for parts in [[first[0], first[1], second[2]], [first[0], second[1], first[2]]] {
            let verdict = verifier.verdict(parts.joined(separator: "."))
            #expect(verdict == .rejected(.badSignature))
        }
    }

    @Test("ECDSA numbers at and beyond their ends: zero, the order of the group, and short ones that are right")
    func ecdsaNumbers() throws {
        let key = try TestKeys.key(.es256)
        let good = try key.signature(of: "input")
        // The order of P-256 (FIPS 186-4 D.1.2.3).
        let order: [UInt8] =
            [0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]
            + [0xBC, 0xE6, 0xFA, 0xAD, 0xA7, 0x17, 0x9E, 0x84, 0xF3, 0xB9, 0xCA, 0xC2, 0xFC, 0x63, 0x25, 0x51]
        let zero = [UInt8](repeating: 0, count: 32)
        for end in [zero, order] {
            #expect(try !key.verifies(end + good.suffix(32), of: "input"))
            #expect(try !key.verifies(good.prefix(32) + end, of: "input"))
            #expect(try !key.verifies(end + end, of: "input"))
        }
        // One in 256 numbers has a leading zero byte, which DER leaves out and JWS does not.
        var short = 0
        for index in 0..<1500 {
            let signature = try key.signature(of: "input \(index)")
            #expect(signature.count == 64)
            if signature[0] == 0 || signature[32] == 0 { short += 1 }
            #expect(try key.verifies(signature, of: "input \(index)"))
        }
        #expect(short > 0)
    }
}
