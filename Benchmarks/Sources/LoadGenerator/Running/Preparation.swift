/// Makes the tokens that a run asks about, by asking the service itself, which is also the first sign that it is there.
package struct Preparation: Sendable {
    package let address: ServerAddress
    package let plan: RunPlan
    private static let mostInFlight = 256

    /// `plan`: for its prefixes and time-out.
    package init(address: ServerAddress, plan: RunPlan) {
        self.address = address
        self.plan = plan
    }

    package func generate(_ count: Int, progress: (Int) -> Void = { _ in }) throws(LoadError) -> [TokenPair] {
        var pairs: [TokenPair] = []
        pairs.reserveCapacity(count)
        try ask("generate_tokens", count: count, request: { Workload.generateRequest(user: $0) }) { _, reply in
            guard let pair = TokenPair(reply: reply) else { return "generate_tokens replied what is not a pair" }
            pairs.append(pair)
            if pairs.count % 10_000 == 0 { progress(pairs.count) }
            return nil
        }
        return pairs
    }

    /// Blacklists them and waits until every replica that answers says so.
    package func revoke(_ pairs: [TokenPair]) throws(LoadError) {
        guard let last = pairs.last else { return }
        try ask("blacklist_tokens", count: pairs.count, request: { RequestPool.request(body: pairs[$0].line) }) { _, _ in nil }
        let question = RequestPool.request(body: "{\"access_token\":\(JSONText.quoted(last.accessToken))}")
        let deadline = monotonicNanoseconds() + 30_000_000_000
        var inARow = 0
        while inARow < 64 {
            var refused = true
            try ask("verify_token", count: 1, request: { _ in question }) { _, reply in
                refused = !ReplyCheck.isValid(reply)
                return nil
            }
            inARow = refused ? inARow + 1 : 0
            guard monotonicNanoseconds() < deadline else {
                throw LoadError("some replica still calls a token valid 30 s after it was blacklisted")
            }
        }
    }

    /// A closed loop with one connection; the first thing that goes wrong ends it.
    private func ask(
        _ operation: String, count: Int, request: (Int) -> [UInt8], take: (Int, RawSpan) -> String?
    ) throws(LoadError) {
        let connection = try WireConnection(to: address, inboxPrefix: plan.inboxPrefix)
        let head = "PUB \(plan.subject(operation)) \(String(decoding: connection.inbox, as: UTF8.self))"
        var asked: [Int] = []
        var (next, answered) = (0, 0)
        var problem: String?
        func send(_ slot: Int) {
            connection.outgoing.append(head)
            connection.outgoing.append(ReplySlot.text(slot))
            connection.outgoing.append(request(next))
            next += 1
        }
        for slot in 0..<min(count, Self.mostInFlight) {
            asked.append(next)
            send(slot)
        }
        var deadline = monotonicNanoseconds() + UInt64(plan.timeoutSeconds * 1e9)
        while answered < count {
            try connection.flush()
            if try connection.read(waiting: true) {
                try connection.takeMessages { slot, headers, payload in
                    guard asked.indices.contains(slot) else { return }
                    let wrong = headers.isEmpty ? take(asked[slot], payload) : ReplyCheck.problem(ofHeaders: headers)
                    problem = problem ?? wrong
                    answered += 1
                    guard next < count else { return }
                    asked[slot] = next
                    send(slot)
                }
                deadline = monotonicNanoseconds() + UInt64(plan.timeoutSeconds * 1e9)
            }
            if let problem { throw LoadError("\(plan.subject(operation)): \(problem)\(advice(problem))") }
            guard monotonicNanoseconds() < deadline else {
                throw LoadError("\(plan.subject(operation)): no reply within \(plan.timeoutSeconds) s (does this user "
                    + "have the permission? give tokens with --tokens if not)")
            }
        }
    }

    private func advice(_ problem: String) -> String {
        problem == "no responders"
            ? ": no token service listens there (another --subject-prefix?), or this account may not ask it" : ""
    }
}
