import JOSE
import Testing

@Suite("A token cannot choose how it is checked")
struct ConfusionTests {
    let keys: KeySet
    let other: KeySet

    init() throws {
        keys = try TestKeys.all()
        other = try KeySet.generate([.edDSA, .es256, .hs256])
    }

    func key(_ algorithm: SignatureAlgorithm) throws -> Key {
        try #require(keys.signingKey(algorithm))
    }

    func verdict(_ token: String, type: String = "at+jwt") throws -> Verdict {
        var verifier = try Verifier(keys: keys, type: type)
        return verifier.verdict(token)
    }

    @Test("an HMAC made with what everybody knows of a public key, under that key's kid")
    func publicKeyAsSecret() throws {
        for algorithm in [SignatureAlgorithm.edDSA, .es256, .rs256] {
            let target = try key(algorithm)
            let publicSet = try KeySet(keys: [target]).publicJWKSet()
            let vector = TestKeys.vector(algorithm)
            let numbers = try ["x", "n"].compactMap(vector.member).map { try decoded(String($0)) }
            for secret in [publicSet, bytes(target.kid)] + numbers {
                let forger = try keySet(#"{"keys":[{"kty":"oct","k":"\#(encoded(secret))"}]}"#).keys[0]
                let token = try forger.token(header: #"{"alg":"HS256","kid":"\#(target.kid)","typ":"at+jwt"}"#)
                #expect(try verdict(token) == .rejected(.unsupportedAlgorithm))
            }
        }
    }

    @Test("every algorithm's name over every key's signature: only its own is taken")
    func names() throws {
        for signer in keys.keys {
            for named in keys.keys {
                for name in SignatureAlgorithm.allCases {
                    let header = #"{"alg":"\#(name.rawValue)","kid":"\#(named.kid)","typ":"at+jwt"}"#
                    let expected: Verdict =
                        if name != named.algorithm {
                            .rejected(.unsupportedAlgorithm)
                        } else if named.kid != signer.kid {
                            .rejected(.badSignature)
                        } else {
                            .accepted(payload: "{}", kid: named.kid)
                        }
                    #expect(try verdict(signer.token(header: header)) == expected)
                }
            }
        }
    }

    @Test(
        "algorithms that are none of ours, spelled in any way",
        arguments: [
            "none", "None", "NONE", "nOnE", "", "HS384", "HS512", "RS384", "PS256", "ES384", "ES512", "ES256K",
            "Ed25519",
            "eddsa", "EDDSA", "hs256", " HS256", "HS256 ",
        ])
    func unknownAlgorithms(_ name: String) throws {
        let key = try key(.hs256)
        let header = #"{"alg":"\#(name)","kid":"\#(key.kid)","typ":"at+jwt"}"#
        #expect(try verdict(key.token(header: header)) == .rejected(.unsupportedAlgorithm))
        // As an unsecured JWS (RFC 7515 appendix A.5): the signature is empty.
        #expect(try verdict(encoded(header) + "." + encoded("{}") + ".") == .rejected(.unsupportedAlgorithm))
    }

    @Test(
        "another key of the same algorithm under our kid, and ours under its kid",
        arguments: [SignatureAlgorithm.edDSA, .es256, .hs256])
    func swappedKeys(_ algorithm: SignatureAlgorithm) throws {
        let mine = try key(algorithm)
        let theirs = try #require(other.signingKey(algorithm))
        func header(_ kid: String) -> String { #"{"alg":"\#(algorithm.rawValue)","kid":"\#(kid)","typ":"at+jwt"}"# }
        #expect(try verdict(theirs.token(header: header(mine.kid))) == .rejected(.badSignature))
        #expect(try verdict(mine.token(header: header(theirs.kid))) == .rejected(.unknownKey))
        #expect(try verdict(text(sign("{}", with: theirs))) == .rejected(.unknownKey))
    }

    @Test("the type decides: a refresh token is no access token, nor the reverse")
    func types() throws {
        let key = try key(.hs256)
        let access = try text(sign("{}", with: key, type: "at+jwt"))
        let refresh = try text(sign("{}", with: key, type: "rt+jwt"))
        #expect(try verdict(access, type: "at+jwt") == .accepted(payload: "{}", kid: key.kid))
        #expect(try verdict(refresh, type: "rt+jwt") == .accepted(payload: "{}", kid: key.kid))
        #expect(try verdict(access, type: "rt+jwt") == .rejected(.wrongType))
        #expect(try verdict(refresh, type: "at+jwt") == .rejected(.wrongType))
    }

    @Test("a verifier that is told which algorithms it may use takes no others, but still tells a wrong type first")
    func restricted() throws {
        var verifier = try Verifier(keys: keys, type: "rt+jwt", algorithms: [.hs256])
        for key in keys.keys {
            let refresh = verifier.verdict(try sign("{}", with: key, type: "rt+jwt"))
            let expected: Verdict =
                key.algorithm == .hs256 ? .accepted(payload: "{}", kid: key.kid) : .rejected(.unsupportedAlgorithm)
            #expect(refresh == expected)
            let access = verifier.verdict(try sign("{}", with: key, type: "at+jwt"))
            #expect(access == .rejected(.wrongType))
        }
    }
}
