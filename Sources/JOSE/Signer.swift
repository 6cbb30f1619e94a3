import StrictJSON

/// Issues compact JWSs of one type with one key (RFC 7515 section 5.1).
///
/// The header (`alg`, `kid`, `typ`, in that order) never changes, so it is encoded once; so is everything about the
/// key that OpenSSL lets be kept. A call allocates nothing here when the output has room. One thread at a time: a loop
/// makes its own. Chosen over signing from a shared key object, which would have to make a context for every token.
package struct Signer: ~Copyable {
    /// The key that signs.
    package let key: Key

    private var context: SigningContext
    /// The encoded header and the dot behind it.
    private let prefix: [UInt8]
    /// The signature before it is encoded.
    private var signature: [UInt8]

    /// `type` goes into `typ`, such as `at+jwt` (RFC 9068 section 2.1). Throws when the key has no private part.
    package init(key: Key, type: String) throws(JOSEError) {
        let context = try SigningContext(key: key)
        self.key = key
        prefix = JOSEHeader.encoded(algorithm: key.algorithm, kid: key.kid, type: type) + [UInt8(ascii: ".")]
        signature = [UInt8](repeating: 0, count: context.signatureLength)
        self.context = context
    }

    /// The exact length of a token around a payload of `payloadBytes` bytes.
    package func encodedLength(payloadBytes: Int) -> Int {
        prefix.count + Base64URL.encodedLength(payloadBytes) + 1 + Base64URL.encodedLength(signature.count)
    }

    /// Appends the token around `payload` to `output`. When it throws, `output` is as it was.
    package mutating func sign(payload: RawSpan, into output: inout [UInt8]) throws(JOSEError) {
        let start = output.count
        output.append(prefix.rawSpan)
        Base64URL.encode(payload, into: &output)
        do throws(JOSEError) {
            try context.sign(output.rawSpan.extracting(start..<output.count), into: &signature)
        } catch {
            output.removeLast(output.count - start)
            throw error
        }
        output.append(UInt8(ascii: "."))
        Base64URL.encode(signature.rawSpan, into: &output)
    }
}
