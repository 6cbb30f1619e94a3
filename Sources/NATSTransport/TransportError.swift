/// What can go wrong before a loop runs, or in a client's call. `reason` is cnats' own text and never holds credentials.
package struct TransportError: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Code: Sendable, Equatable {
        /// A file, a URL or an option that cnats refuses.
        case configuration
        case connect
        /// The operating system refused a descriptor or a thread.
        case system
        case timeout
        /// Nobody listens on the subject.
        case noResponders
        /// The server does not let this user; `reason` is its own text, which names the subject.
        case forbidden
        case send
    }

    package let code: Code
    package let reason: String

    package init(_ code: Code, _ reason: String) {
        self.code = code
        self.reason = reason
    }

    package var description: String { "\(code): \(reason)" }
}
