internal import JOSE
internal import StrictJSON

extension Signer {
    init(issuing type: String, with key: Key) throws(OperationsError) {
        do throws(JOSEError) {
            try self.init(key: key, type: type)
        } catch {
            throw .signing(error)
        }
    }
}

extension Verifier {
    /// Access tokens may be signed with any key of the set.
    init(accessTokens keys: KeySet) throws(OperationsError) {
        try self.init(keys, TokenIssuer.accessType, SignatureAlgorithm.allCases)
    }

    /// Refresh tokens are always HMAC; a key that others can verify with never makes one.
    init(refreshTokens keys: KeySet) throws(OperationsError) {
        try self.init(keys, TokenIssuer.refreshType, [.hs256])
    }

    private init(_ keys: KeySet, _ type: String, _ algorithms: [SignatureAlgorithm]) throws(OperationsError) {
        do throws(JOSEError) {
            try self.init(keys: keys, type: type, algorithms: algorithms)
        } catch {
            throw .verifying(error)
        }
    }
}

extension Verifier {
    /// Appends a string of the last payload, unescaped.
    borrowing func unescape(_ string: JSONString, into bytes: inout [UInt8]) {
        string.unescape(in: payload, into: &bytes)
    }
}
