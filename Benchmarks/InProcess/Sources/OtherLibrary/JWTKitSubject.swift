internal import Crypto
internal import FoundationEssentials
internal import JWTKit

/// jwt-kit, the library that most Swift services verify tokens with, at the same work: an access token with the same
/// claims, its signature and its expiry checked, the claims decoded. It keeps nothing from one token to the next.
package struct JWTKitSubject: Sendable {
    private struct Claims: JWTPayload {
        var iss: IssuerClaim
        var sub: SubjectClaim
        var iat: IssuedAtClaim
        var exp: ExpirationClaim
        var jti: IDClaim
        var sid: String

        func verify(using algorithm: some JWTAlgorithm) throws {
            try exp.verifyNotExpired()
        }
    }

    private let keys: JWTKeyCollection
    private let tokens: [String]

    package enum Algorithm: Sendable {
        case edDSA, hs256
    }

    package init(_ algorithm: Algorithm) async throws {
        keys = JWTKeyCollection()
        switch algorithm {
        case .edDSA: await keys.add(eddsa: try EdDSA.PrivateKey(curve: .ed25519))
        case .hs256: await keys.add(hmac: HMACKey(key: SymmetricKey(size: .bits256)), digestAlgorithm: .sha256)
        }
        var tokens: [String] = []
        for number in 0..<256 {
            let claims = Claims(
                iss: "token-service", sub: "42", iat: .init(value: .init(timeIntervalSinceNow: 0)),
                exp: .init(value: .init(timeIntervalSinceNow: 86_400)), jti: .init(value: "0192e4a0-0000-7000-8000-\(100_000_000_000 + number)"),
                sid: "0192e4a0-0000-7000-8000-000000000001")
            tokens.append(try await keys.sign(claims))
        }
        self.tokens = tokens
    }

    /// How many of so many were good.
    package func run(_ count: Int) async -> Int {
        var good = 0
        for number in 0..<count where (try? await keys.verify(tokens[number % tokens.count], as: Claims.self)) != nil {
            good += 1
        }
        return good
    }
}
