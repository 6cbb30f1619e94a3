internal import Blacklist
internal import TokenOperations

/// What the machines want done.
extension WriteDesk {
    static let receding = "the stream is shorter than it was: what it has lost is being looked for"

    /// Ends what is not over at its deadline, and sends nothing of it that has not gone out.
    mutating func expire(now: Int64) {
        guard let next = deadlines.next, next <= now else { return }
        defer { sends.removeAll { requests[$0.token.request] == nil } }
        while let number = deadlines.popDue(at: now) {
            guard let request = requests[number] else { continue }
            switch request.work {
            case .redeem: advance(request, .expired, now: now)
            case .revoke: advanceRevoke(request, .expired, now: now)
            }
        }
    }

    mutating func advance(_ request: Request, _ event: RedeemMachine.Event, now: Int64) {
        guard case .redeem(var machine, let completion) = request.work else { return }
        let action = machine.handle(event, now: now)
        request.work = .redeem(machine, completion)
        perform(action, request, now: now)
    }

    mutating func perform(_ action: RedeemMachine.Action, _ request: Request, now: Int64) {
        guard case .redeem(let machine, let completion) = request.work else { return }
        let redemption = machine.redemption
        switch action {
        case .publish:
            let family = redemption.family
            send(
                request,
                .publish(
                    subject: LedgerSubject.redeemed(family),
                    condition: .init(
                        sequence: redemption.expectedRevision, subjects: LedgerSubject.family(family)),
                    messageID: redemption.successor.refreshID.text, body: RedemptionRecord.encode(redemption)),
                now: now)
        case .readLast:
            send(request, .readLast(family: redemption.family), now: now)
        case .pause(let milliseconds):
            pauses.set(nextAttempt(request), milliseconds: milliseconds, now: now)
        case .finish(.redeemed(let revision)) where hasReceded || revision <= request.passed:
            requests[request.number] = nil
            completion(.unavailable(Self.receding))
        case .finish(let outcome):
            requests[request.number] = nil
            completion(outcome)
        }
    }

    mutating func advanceRevoke(_ request: Request, _ event: RevokeMachine.Event, now: Int64) {
        guard case .revoke(let revocation, var machine, let group) = request.work else { return }
        let action = machine.handle(event, now: now)
        request.work = .revoke(revocation, machine, group: group)
        perform(action, request, now: now)
    }

    mutating func perform(_ action: RevokeMachine.Action, _ request: Request, now: Int64) {
        guard case .revoke(let revocation, _, let group) = request.work else { return }
        switch action {
        case .publish:
            send(
                request,
                .publish(
                    subject: LedgerSubject.revoked(revocation.id), condition: nil,
                    messageID: "\(instance)-\(request.number)",
                    body: RevocationRecord.encode(revocation)),
                now: now)
        case .pause(let milliseconds):
            pauses.set(nextAttempt(request), milliseconds: milliseconds, now: now)
        case .finishStored:
            requests[request.number] = nil
            finish(group, trouble: nil)
        case .finishUnavailable(let trouble):
            requests[request.number] = nil
            finish(group, trouble: trouble)
        }
    }

    mutating func finish(_ number: UInt64, trouble: String?) {
        guard var group = groups[number] else { return }
        group.open -= 1
        group.trouble = group.trouble ?? trouble
        groups[number] = group.open > 0 ? group : nil
        guard group.open == 0 else { return }
        group.completion(group.trouble.map { .unavailable($0) } ?? .revoked)
    }

    private mutating func send(_ request: Request, _ content: LedgerSend.Content, now: Int64) {
        let token = nextAttempt(request)
        sends.append(LedgerSend(token: token, content: content))
        answers.set(token, now: now)
    }

    private func nextAttempt(_ request: Request) -> AttemptToken {
        request.attempt += 1
        request.session = nil
        return request.token
    }
}
