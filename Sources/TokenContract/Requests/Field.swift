/// The members that requests consist of. The raw value is an index, for the decoder's table.
package enum Field: Int, CaseIterable, Sendable {
    case id, accessToken, refreshToken

    package var name: StaticString {
        switch self {
        case .id: "id"
        case .accessToken: "access_token"
        case .refreshToken: "refresh_token"
        }
    }
}
