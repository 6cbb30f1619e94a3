import StrictJSON

/// Checks raw signatures with one key, for one thread.
///
/// Where signing is deterministic and the private part is at hand, the input is signed again and the two signatures are
/// compared in constant time. For Ed25519 that takes less than half the time of a verification (one multiplication of
/// the fixed base point, for which there are tables, instead of two of which one has none), and it is stricter:
/// exactly one signature is taken for each input, so the malleable and small-order forms that verifiers
/// disagree about do not exist here.
///
/// A failure inside OpenSSL reads as "not verified": nothing is taken that was not positively checked.
struct VerificationContext: ~Copyable {
    private let method: Method
    private var scratch = DigestSignatureContext.Scratch()
    /// The signature made again.
    private var expected: [UInt8]

    // Not private: other modules destroy it inline, and need its symbols.
    enum Method: ~Copyable {
        case authenticateAgain(HMACContext)
        case signAgain(Ed25519SigningContext)
        case ed25519(Ed25519VerificationContext)
        case digest(DigestSignatureContext)
    }

    init(key: Key) throws(JOSEError) {
        switch (key.algorithm, key.material) {
        case (.hs256, .secret(let secret)):
            let context = try HMACContext(key: secret)
            method = .authenticateAgain(context)
            expected = [UInt8](repeating: 0, count: HMACContext.signatureLength)
        case (.edDSA, .asymmetric(let evp)) where key.canSign:
            let context = try Ed25519SigningContext(key: evp)
            method = .signAgain(context)
            expected = [UInt8](repeating: 0, count: Ed25519SigningContext.signatureLength)
        case (.edDSA, .asymmetric(let evp)):
            let context = try Ed25519VerificationContext(key: evp)
            method = .ed25519(context)
            expected = []
        case (.es256, .asymmetric(let evp)), (.rs256, .asymmetric(let evp)):
            let context = try DigestSignatureContext(key: evp, algorithm: key.algorithm, for: .verification)
            method = .digest(context)
            expected = []
        case (.hs256, .asymmetric), (.edDSA, .secret), (.es256, .secret), (.rs256, .secret):
            preconditionFailure("a key's algorithm and material are made together")
        }
    }

    /// Whether `signature` is the key's signature of `input`. A wrong length is no secret and is refused at once.
    mutating func verify(_ signature: RawSpan, of input: RawSpan) -> Bool {
        switch method {
        case .authenticateAgain(let context):
            context.sign(input, into: &expected) && equalInConstantTime(signature, expected.rawSpan)
        case .signAgain(let context):
            context.sign(input, into: &expected) && equalInConstantTime(signature, expected.rawSpan)
        case .ed25519(let context): context.verify(signature, of: input)
        case .digest(let context): context.verify(signature, of: input, scratch: &scratch)
        }
    }
}
