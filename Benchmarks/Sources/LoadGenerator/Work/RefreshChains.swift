/// Families being refreshed: each chain's next request is its last reply's refresh token.
struct RefreshChains {
    private struct Chain {
        var request: [UInt8]
        /// `"sid":"…"`, which every successor's claims must hold.
        var family: [UInt8]
        var failures = 0
    }

    private var chains: [Chain]
    private var free: [Int]
    private var dropped = 0
    /// A lost reply may be asked for again within the grace period; a token that is refused again and again is dead.
    private static let mostFailures = 3

    init(_ pairs: some Collection<TokenPair>) {
        chains = pairs.map { pair in
            let family = TokenClaims(token: Array(pair.refreshToken.utf8))?.sid ?? ""
            return Chain(request: Self.request(Array(pair.refreshToken.utf8)), family: Array("\"sid\":\"\(family)\"".utf8))
        }
        // The first one is taken first.
        free = Array(chains.indices.reversed())
    }

    private static func request(_ token: [UInt8]) -> [UInt8] {
        let body = Array(#"{"refresh_token":""#.utf8) + token + Array(#""}"#.utf8)
        return Array(" \(body.count)\r\n".utf8) + body + Array("\r\n".utf8)
    }

    var isExhausted: Bool { dropped == chains.count }

    mutating func take() -> Int? { free.popLast() }

    func request(_ index: Int) -> [UInt8] { chains[index].request }

    mutating func failed(_ index: Int) {
        chains[index].failures += 1
        if chains[index].failures < Self.mostFailures { free.append(index) } else { dropped += 1 }
    }

    mutating func problem(_ index: Int, _ reply: RawSpan) -> String? {
        guard let pair = PairReply(reply) else {
            failed(index)
            return "refresh's reply is not a pair"
        }
        let access = reply.extracting(pair.access)
        guard PairReply.claims(of: access, hold: chains[index].family) else {
            failed(index)
            return "refresh's access token is of another family"
        }
        let next = Self.request(reply.extracting(pair.refresh).array)
        guard next != chains[index].request else {
            failed(index)
            return "the refresh token was not rotated"
        }
        chains[index].request = next
        chains[index].failures = 0
        free.append(index)
        return nil
    }
}
