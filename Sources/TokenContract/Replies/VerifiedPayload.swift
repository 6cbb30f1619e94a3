/// What a valid access token says, as `verify_token` passes it on. Spans into the verifier's buffers: it is made for
/// one reply and cannot outlive what it points into.
package struct VerifiedPayload: ~Escapable {
    /// The claim `sub`, unescaped.
    package let id: RawSpan
    /// The token's id and its family's, each as the 36 characters of a UUID.
    package let jti: RawSpan
    package let sid: RawSpan
    /// Unix seconds.
    package let iat: Int64
    package let exp: Int64
    package let iss: RawSpan

    @_lifetime(copy id, copy jti, copy sid, copy iss)
    package init(id: RawSpan, jti: RawSpan, sid: RawSpan, iat: Int64, exp: Int64, iss: RawSpan) {
        self.id = id
        self.jti = jti
        self.sid = sid
        self.iat = iat
        self.exp = exp
        self.iss = iss
    }
}
