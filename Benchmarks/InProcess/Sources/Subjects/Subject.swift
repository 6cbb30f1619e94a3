/// Something that is measured: ours, or what it is compared with.
package enum Subject: String, CaseIterable, Sendable {
    /// From the request's bytes to the reply's: a token that was verified before.
    case verifyKnown = "verify, token seen before"
    /// The same with tokens that were not: every one costs its signature.
    case verifyNewEdDSA = "verify, every token new, EdDSA"
    case verifyNewHS256 = "verify, every token new, HS256"
    case verifyForged = "verify, every token forged, EdDSA"
    case generate = "generate"
    /// A refresh without its ledger: the token checked, the ledger's answer made up, the pair signed.
    case refresh = "refresh"

    case opensslSign = "OpenSSL Ed25519 sign"
    case opensslVerify = "OpenSSL Ed25519 verify"
    case opensslHMAC = "OpenSSL HMAC-SHA-256 of a token"
    case floor = "known token in C"
}
