import JOSE
import Testing

@Suite("Published vectors")
struct VectorTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let vector: SignatureVector
        let algorithm: SignatureAlgorithm
        var testDescription: String { name }
    }

    static let cases = [
        Case(name: "RFC 7515 A.1", vector: RFC7515.a1, algorithm: .hs256),
        Case(name: "RFC 7515 A.2", vector: RFC7515.a2, algorithm: .rs256),
        Case(name: "RFC 7515 A.3", vector: RFC7515.a3, algorithm: .es256),
        Case(name: "RFC 7520 4.1", vector: RFC7520.rs256, algorithm: .rs256),
        Case(name: "RFC 7520 4.4 and 4.5", vector: RFC7520.hs256, algorithm: .hs256),
        Case(name: "RFC 7520 4.6", vector: RFC7520.hs256UnprotectedKid, algorithm: .hs256),
        Case(name: "RFC 7520 4.7", vector: RFC7520.hs256NoProtectedHeader, algorithm: .hs256),
        Case(name: "RFC 7520 4.8.2", vector: RFC7520.rs256OfMany, algorithm: .rs256),
        Case(name: "RFC 8037 A.4 and A.5", vector: RFC8037.ed25519, algorithm: .edDSA),
    ]

    @Test("the signature is verified, and made again where it is deterministic", arguments: cases)
    func signature(_ example: Case) throws {
        let keys = try keySet(example.vector.jwkSet)
        let key = try #require(keys.signingKey(example.algorithm))
        let published = try decoded(example.vector.signature)

        #expect(try key.verifies(published, of: example.vector.signingInput))
        let made = try key.signature(of: example.vector.signingInput)
        #expect((made == published) == example.algorithm.isDeterministic)
        #expect(try key.verifies(made, of: example.vector.signingInput))
    }

    @Test("the signature is verified with the public key alone", arguments: cases.filter { !$0.algorithm.isSymmetric })
    func publicKeyAlone(_ example: Case) throws {
        let keys = try keySet(example.vector.jwkSet)
        let publicKeys = try keySet(text(keys.publicJWKSet()))
        let key = publicKeys.keys[0]
        #expect(!key.canSign)
        #expect(key.kid == keys.keys[0].kid)

        let published = try decoded(example.vector.signature)
        #expect(try key.verifies(published, of: example.vector.signingInput))
        #expect(try !key.verifies(published, of: example.vector.signingInput + "x"))
        for index in published.indices {
            var flipped = published
            flipped[index] ^= 1
            #expect(try !key.verifies(flipped, of: example.vector.signingInput))
        }
        #expect(throws: JOSEError.self) { try key.signature(of: "input") }
    }

    @Test("RFC 8037 A.1 to A.3, RFC 7638 3.1: keys and thumbprints")
    func thumbprints() throws {
        #expect(try keySet(RFC8037.ed25519.jwkSet).keys[0].kid == RFC8037.thumbprint)
        #expect(try keySet(#"{"keys":[\#(RFC8037.publicJWK)]}"#).keys[0].kid == RFC8037.thumbprint)
        #expect(try keySet(#"{"keys":[\#(RFC7638.jwk)]}"#).keys[0].kid == RFC7638.thumbprint)
    }

    @Test(
        "RFC 7520 4.2, 4.3: algorithms that are not supported are refused by name, whatever the signature",
        arguments: [RFC7520.ps384, RFC7520.es512])
    func unsupported(_ vector: SignatureVector) throws {
        let keys = try keySet(RFC7520.rs256.jwkSet)
        var verifier = try Verifier(keys: keys, type: "at+jwt")
        let verdict = verifier.verdict(vector.token)
        #expect(verdict == .rejected(.unsupportedAlgorithm))
    }

    @Test("RFC 7520 4.3: a key on a curve that is not supported is refused")
    func unsupportedCurve() throws {
        #expect(throws: KeySetError(.unsupportedCurve("P-256"), index: 0)) { try keySet(RFC7520.es512.jwkSet) }
    }

    @Test("RFC 7520 4.1, 4.4 to 4.8: genuine signatures in another form or without our header are no tokens of ours")
    func foreignHeaders() throws {
        let keys = try keySet(#"{"keys":[\#(RFC7520.rs256.jwk),\#(RFC7520.hs256.jwk)]}"#)
        var verifier = try Verifier(keys: keys, type: "at+jwt")
        for (token, rejection) in [
            // `kid` is a name that no key of ours has.
            (RFC7520.rs256.token, JWSRejection.unknownKey),
            (RFC7520.hs256.token, .unknownKey),
            // 4.5: the payload is detached.
            (RFC7520.hs256.token.split(separator: ".")[0] + ".." + RFC7520.hs256.signature, .unknownKey),
            // 4.6: no `kid` where it is protected.
            (RFC7520.hs256UnprotectedKid.token, .unknownKey),
            // 4.7: nothing is protected.
            (RFC7520.hs256NoProtectedHeader.token, .malformed),
            // 4.8: the JSON serialization.
            (
                #"{"payload":"","signatures":[{"protected":"","signature":"\#(RFC7520.rs256OfMany.signature)"}]}"#,
                .malformed
            ),
        ] {
            let verdict = verifier.verdict(token)
            #expect(verdict == .rejected(rejection))
        }
    }
}
