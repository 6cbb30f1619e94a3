/// Why a key file was refused: which key, what is wrong with it, and what to do about it.
///
/// Never holds key material. A `kid` is shown only as this service would have written it, so nothing that somebody put
/// there by mistake gets into a log.
package struct KeySetError: Error, Equatable, Sendable, CustomStringConvertible {
    package let reason: KeyProblem
    /// The position of the key in `keys`, from 0; `nil` when it is the set that is wrong.
    package let index: Int?
    /// The key's thumbprint, when the key got far enough to have one.
    package let kid: String?

    package init(_ reason: KeyProblem, index: Int? = nil, kid: String? = nil) {
        self.reason = reason
        self.index = index
        self.kid = kid
    }

    package var description: String {
        guard let index else { return "the key set \(reason.description)" }
        guard let kid else { return "key \(index) of the set (counted from 0) \(reason.description)" }
        return "key \(index) of the set (counted from 0, kid \(kid)) \(reason.description)"
    }
}
