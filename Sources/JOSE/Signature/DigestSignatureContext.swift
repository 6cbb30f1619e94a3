import StrictJSON

/// ES256 and RS256 for one thread: hash, then sign or check the hash.
struct DigestSignatureContext: ~Copyable {
    /// The length of every JWS signature of this key, in bytes.
    let signatureLength: Int

    private let isECDSA: Bool
    private let hash: SHA256Context
    private let key: PublicKeyContext

    /// Arrays that are made once and written by every call. Outside of the context, because the enums that hold
    /// contexts cannot change their payload in place.
    struct Scratch {
        fileprivate var digest = [UInt8](repeating: 0, count: SHA256Context.digestLength)
        fileprivate var der = [UInt8](repeating: 0, count: ECDSASignature.maxDERLength)
    }

    init(key: EVPKey, algorithm: SignatureAlgorithm, for purpose: PublicKeyContext.Purpose) throws(JOSEError) {
        let hash = try SHA256Context()
        let context = try PublicKeyContext(key: key, for: purpose)
        isECDSA = algorithm == .es256
        signatureLength = algorithm == .es256 ? ECDSASignature.rawLength : (key.bits + 7) / 8
        self.hash = hash
        self.key = context
    }

    /// Overwrites `signature`, which must hold exactly `signatureLength` bytes.
    borrowing func sign(_ input: RawSpan, into signature: inout [UInt8], scratch: inout Scratch) -> Bool {
        guard hash.digest(input, into: &scratch.digest) else { return false }
        guard isECDSA else {
            return key.sign(digest: scratch.digest, into: &signature) == signatureLength
        }
        guard let length = key.sign(digest: scratch.digest, into: &scratch.der) else { return false }
        return ECDSASignature.writeRaw(ofDER: scratch.der.rawSpan.extracting(0..<length), into: &signature)
    }

    borrowing func verify(_ signature: RawSpan, of input: RawSpan, scratch: inout Scratch) -> Bool {
        guard signature.byteCount == signatureLength, hash.digest(input, into: &scratch.digest) else { return false }
        guard isECDSA else { return key.verify(signature, ofDigest: scratch.digest) }
        ECDSASignature.writeDER(of: signature, into: &scratch.der)
        return key.verify(scratch.der.rawSpan, ofDigest: scratch.digest)
    }
}
