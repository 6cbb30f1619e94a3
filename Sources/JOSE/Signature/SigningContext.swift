import StrictJSON

/// Raw signatures with one key, for one thread; the four algorithms behind one face.
///
/// An enum within rather than a protocol: no existential, and the compiler names every place that a new algorithm
/// would have to touch.
struct SigningContext: ~Copyable {
    /// The length of every signature of this key, in bytes.
    let signatureLength: Int
    private let method: Method
    private var scratch = DigestSignatureContext.Scratch()

    // Not private: other modules destroy it inline, and need its symbols.
    enum Method: ~Copyable {
        case hmac(HMACContext)
        case ed25519(Ed25519SigningContext)
        case digest(DigestSignatureContext)
    }

    init(key: Key) throws(JOSEError) {
        guard key.canSign else {
            throw JOSEError(operation: "sign with \(key.algorithm.rawValue)", reason: "the key has no private part")
        }
        switch (key.algorithm, key.material) {
        case (.hs256, .secret(let secret)):
            let context = try HMACContext(key: secret)
            signatureLength = HMACContext.signatureLength
            method = .hmac(context)
        case (.edDSA, .asymmetric(let evp)):
            let context = try Ed25519SigningContext(key: evp)
            signatureLength = Ed25519SigningContext.signatureLength
            method = .ed25519(context)
        case (.es256, .asymmetric(let evp)), (.rs256, .asymmetric(let evp)):
            let context = try DigestSignatureContext(key: evp, algorithm: key.algorithm, for: .signing)
            signatureLength = context.signatureLength
            method = .digest(context)
        case (.hs256, .asymmetric), (.edDSA, .secret), (.es256, .secret), (.rs256, .secret):
            preconditionFailure("a key's algorithm and material are made together")
        }
    }

    /// Overwrites `signature`, which must hold exactly `signatureLength` bytes, with the JWS signature of `input`.
    mutating func sign(_ input: RawSpan, into signature: inout [UInt8]) throws(JOSEError) {
        let done =
            switch method {
            case .hmac(let context): context.sign(input, into: &signature)
            case .ed25519(let context): context.sign(input, into: &signature)
            case .digest(let context): context.sign(input, into: &signature, scratch: &scratch)
            }
        guard done else { throw .fromOpenSSL("sign") }
    }
}
