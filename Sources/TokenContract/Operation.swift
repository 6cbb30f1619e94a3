/// The four channels of the contract. The raw value is an index, for tables that a request is looked up in.
package enum Operation: Int, CaseIterable, Sendable {
    case generateTokens, verifyToken, refreshTokens, blacklistTokens

    /// The channel, operation and unprefixed subject, which the contract gives one name.
    package var name: String {
        switch self {
        case .generateTokens: "generate_tokens"
        case .verifyToken: "verify_token"
        case .refreshTokens: "refresh_tokens"
        case .blacklistTokens: "blacklist_tokens"
        }
    }

    package init?(name: some StringProtocol) {
        guard let operation = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = operation
    }

    /// The subject to subscribe to or to call. The prefix comes without its dot; nil and empty mean none.
    package func subject(prefix: String? = nil) -> String {
        Self.subject(of: name, prefix: prefix)
    }

    /// The same for a channel that is no operation of the contract (`Contract.publicKeysSubject`).
    package static func subject(of name: String, prefix: String?) -> String {
        guard let prefix, !prefix.isEmpty else { return name }
        return "\(prefix).\(name)"
    }
}
