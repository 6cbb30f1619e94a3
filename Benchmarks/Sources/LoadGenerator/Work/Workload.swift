/// Which request comes next, and whether its reply is right. Of one thread, with its own part of the material: no token is
/// asked for by two threads in turn.
final class Workload {
    let mix: Mix
    private let material: Material
    private var random: SplitMix
    private var hot = Cursor()
    private var new = Cursor()
    private var revoked = Cursor()
    private var doomed = Cursor()
    private var users: UInt64
    private var chains: RefreshChains
    private var nameHint = 0
    private var examined: [Bool]
    private let badSignature = ReplyCheck.refusal("bad_signature")
    private let malformed = ReplyCheck.refusal("malformed")
    private let revokedReply = ReplyCheck.refusal("revoked")
    private static let empty = Array("{}".utf8)
    private let onlyKind: RequestKind?

    /// How often the pool of new tokens was begun again.
    var poolTurns: Int { new.turns }

    init(mix: Mix, material: Material, part: Int, of parts: Int) {
        self.mix = mix
        self.material = material
        onlyKind = mix.kinds.count == 1 ? mix.kinds[0] : nil
        random = SplitMix(seed: .random(in: 0...(.max)))
        hot = Cursor(material.hot?.count ?? 0, part, parts)
        new = Cursor(material.new?.count ?? 0, part, parts)
        revoked = Cursor(material.revoked?.count ?? 0, part, parts)
        doomed = Cursor(material.doomed?.count ?? 0, part, parts)
        users = UInt64(part) * 10_000_000
        let mine = Cursor(material.chains.count, part, parts)
        chains = RefreshChains(material.chains[mine.range])
        examined = Array(repeating: false, count: material.hot?.count ?? 0)
    }

    /// The operation that a kind is asked of.
    static func operation(_ kind: RequestKind) -> String {
        switch kind {
        case .hot, .new, .revoked, .forged, .malformed: "verify_token"
        case .generate: "generate_tokens"
        case .refresh: "refresh_tokens"
        case .blacklist: "blacklist_tokens"
        }
    }

    struct Request {
        var kind: RequestKind
        var index: Int
    }

    /// `nil`: there is nothing more to ask for (`blacklist`), or every chain is waiting for its reply (`refresh`).
    func next() -> Request? {
        let kind = onlyKind ?? mix.kind(Int(random.next() % UInt64(Mix.whole)))
        switch kind {
        case .hot, .forged, .malformed: return Request(kind: kind, index: hot.next())
        case .new: return Request(kind: kind, index: new.next())
        case .revoked: return Request(kind: kind, index: revoked.next())
        case .generate:
            users += 1
            return Request(kind: kind, index: Int(users))
        case .refresh: return chains.take().map { Request(kind: kind, index: $0) }
        case .blacklist: return doomed.turns > 0 ? nil : Request(kind: kind, index: doomed.next())
        }
    }

    /// Everything is used up, and nothing will come back.
    var isExhausted: Bool { onlyKind == .blacklist && doomed.turns > 0 || onlyKind == .refresh && chains.isExhausted }

    func append(_ request: Request, to queue: inout ByteQueue) {
        switch request.kind {
        case .hot: material.hot?.append(request.index, to: &queue)
        case .new: material.new?.append(request.index, to: &queue)
        case .revoked: material.revoked?.append(request.index, to: &queue)
        case .forged:
            material.hot?.append(request.index, to: &queue)
            // `"}` and CR LF stand behind the token; well inside the signature.
            spoil(&queue, fromEnd: 36)
        case .malformed:
            material.hot?.append(request.index, to: &queue)
            // From the header's first character on.
            spoil(&queue, fromEnd: (material.hot?.tokenDistance(request.index) ?? 0))
        case .generate: queue.append(Self.generateRequest(user: request.index))
        case .refresh: queue.append(chains.request(request.index))
        case .blacklist: material.doomed?.append(request.index, to: &queue)
        }
    }

    /// Sixteen random characters: 96 bits, so no two are the same.
    private func spoil(_ queue: inout ByteQueue, fromEnd distance: Int) {
        var bits = random.next()
        for position in 0..<16 {
            if position == 8 { bits = random.next() }
            queue.replace(fromEnd: distance - position, with: Base64URL.alphabet[Int(bits & 63)])
            bits >>= 6
        }
    }

    static func user(_ number: Int) -> String {
        let digits = String(number)
        return "bench-" + String(repeating: "0", count: max(0, 10 - digits.count)) + digits
    }

    static func generateRequest(user number: Int) -> [UInt8] {
        RequestPool.request(body: "{\"id\":\"\(user(number))\"}")
    }

    /// `nil`: the reply is right.
    @inline(__always)
    func problem(_ request: Request, headers: RawSpan, payload: RawSpan) -> String? {
        if headers.isEmpty {
            if request.kind == .hot, examined[request.index] || material.answeredByEcho, ReplyCheck.isValid(payload) {
                if material.answeredByEcho { return nil }
                if let pool = material.hot, pool.isNamed(request.index, in: payload, hint: &nameHint) { return nil }
            }
            if request.kind == .new, ReplyCheck.isValid(payload) {
                if material.answeredByEcho { return nil }
                if let pool = material.new, pool.isNamed(request.index, in: payload, hint: &nameHint) { return nil }
            }
        }
        return lessCommonProblem(request, headers: headers, payload: payload)
    }

    private func lessCommonProblem(_ request: Request, headers: RawSpan, payload: RawSpan) -> String? {
        guard headers.isEmpty else {
            if request.kind == .refresh { chains.failed(request.index) }
            return ReplyCheck.problem(ofHeaders: headers)
        }
        switch request.kind {
        case .hot:
            let problem = ReplyCheck.problem(ofVerdict: payload, about: Array(material.hotTokens[request.index].utf8))
            examined[request.index] = problem == nil
            return problem
        case .new: return ReplyCheck.problem(ofVerdict: payload, about: Array(material.newTokens[request.index].utf8))
        case .revoked: return refusalProblem(payload, revokedReply, "revoked")
        case .forged: return refusalProblem(payload, badSignature, "bad_signature")
        case .malformed: return refusalProblem(payload, malformed, "malformed")
        case .generate:
            let subject = Array("\"sub\":\"\(Self.user(request.index))\"".utf8)
            guard let pair = PairReply(payload) else { return "generate's reply is not a pair" }
            let isHis = PairReply.claims(of: payload.extracting(pair.access), hold: subject)
                && PairReply.claims(of: payload.extracting(pair.refresh), hold: subject)
            return isHis ? nil : "generate's tokens are not of the id that was asked for"
        case .refresh: return chains.problem(request.index, payload)
        case .blacklist: return payload.isEqual(to: Self.empty) ? nil : "blacklist's reply is not {}"
        }
    }

    private func refusalProblem(_ payload: RawSpan, _ expected: [UInt8], _ reason: String) -> String? {
        if material.answeredByEcho { return ReplyCheck.isValid(payload) ? nil : "not the echo's reply" }
        if payload.isEqual(to: expected) { return nil }
        return ReplyCheck.problem(ofRefused: payload, reason: reason)
    }

    /// No reply came: what the request had taken can be asked for again.
    func gaveUp(_ request: Request) {
        if request.kind == .refresh { chains.failed(request.index) }
    }
}
