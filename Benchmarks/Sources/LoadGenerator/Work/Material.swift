/// Everything that requests are made of; made once, before the first run, and shared by all threads.
package struct Material: Sendable {
    package var hot: RequestPool?
    package var new: RequestPool?
    package var revoked: RequestPool?
    /// For `blacklist`: each pair is asked for once.
    package var doomed: RequestPool?
    /// For `refresh`: where each chain begins.
    package var chains: [TokenPair] = []
    /// The token of each hot request, for the first look at its reply.
    package var hotTokens: [String] = []
    package var newTokens: [String] = []
    /// Whoever answers is an echo that always says the same: only that it says `valid` can be checked.
    package var answeredByEcho = false

    package init() {}

    package mutating func verify(hot: [TokenPair], new: [TokenPair], revoked: [TokenPair]) throws(LoadError) {
        hotTokens = hot.map(\.accessToken)
        newTokens = new.map(\.accessToken)
        if !hot.isEmpty { self.hot = try RequestPool(verifying: hotTokens) }
        if !new.isEmpty { self.new = try RequestPool(verifying: newTokens) }
        if !revoked.isEmpty { self.revoked = try RequestPool(verifying: revoked.map(\.accessToken)) }
    }

    package mutating func blacklist(_ pairs: [TokenPair]) {
        doomed = RequestPool(blacklisting: pairs)
    }
}
