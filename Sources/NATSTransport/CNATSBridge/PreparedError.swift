import CNATS

/// An error reply that is always the same, ready for sending: of a refusal that may have to be said a hundred thousand
/// times a second, because who floods the service hears it most of the time.
package struct PreparedError: Sendable {
    let code: [CChar]
    let text: [CChar]
    let body: [UInt8]

    package init(code: Int, text: String, body: StaticString) {
        self.code = Array(String(code).utf8CString)
        self.text = Array(ErrorHeader.line(text).utf8CString)
        self.body = body.withUTF8Buffer { unsafe Array($0) }
    }
}
