internal import Blacklist
internal import TokenOperations

/// All redemptions and revocations of a replica that are on their way through JetStream, each with its machine, its
/// attempts and its deadline. Pure: what is to be sent comes out, answers and the time go in. One thread.
///
/// Every request is completed exactly once, at the latest `LedgerTimes.requestMilliseconds` and one attempt after it
/// came: the machines see to it, and the desk sees to the machines.
struct WriteDesk {
    /// Requests on their way at the most. Above it, one more is refused at once: JetStream stores some 100,000 a second,
    /// so this many is a server that does not answer.
    static let capacity = 65_536

    typealias RedeemCompletion = (RedeemOutcome) -> Void
    typealias RevokeCompletion = (RevokeOutcome) -> Void

    private enum Work {
        case redeem(RedeemMachine, RedeemCompletion)
        case revoke(Revocation, RevokeMachine, group: UInt64)
    }

    /// A class, so that a step costs one look into the table and no copy of the whole.
    private final class Request {
        let number: UInt64
        var work: Work
        var attempt: UInt32 = 0
        /// Through which session the present attempt went out, while its answer is waited for.
        var session: UInt64?

        init(_ number: UInt64, _ work: Work) {
            self.number = number
            self.work = work
        }

        var token: AttemptToken { AttemptToken(request: number, attempt: attempt) }
    }

    /// The revocations of one call: completed together.
    private struct Group {
        var open: Int
        var trouble: String?
        var completion: RevokeCompletion
    }

    private var requests: [UInt64: Request] = [:]
    private var groups: [UInt64: Group] = [:]
    private var lastNumber: UInt64 = 0
    private var answers = Deadlines<AttemptToken>(delay: LedgerTimes.attemptMilliseconds)
    private var pauses = Pauses<AttemptToken>()
    private var sends: [LedgerSend] = []
    /// Of this process: a revocation that is published again, because the stream was purged, must not be taken for a
    /// duplicate of its first publish; only a repetition by the same request is one.
    private let instance: String
    /// Puts a revocation into this replica's own blacklist; throws when there is no room.
    private let apply: (Revocation) throws(BlacklistError) -> Void
    /// Told of every sequence that the stream is known to have reached.
    private let stored: (UInt64) -> Void
    /// Told besides of each revocation that is stored, and where.
    private let revoked: (UInt64, UUIDv7) -> Void

    init(
        instance: String, apply: @escaping (Revocation) throws(BlacklistError) -> Void, stored: @escaping (UInt64) -> Void = { _ in },
        revoked: @escaping (UInt64, UUIDv7) -> Void = { _, _ in }
    ) {
        self.instance = instance
        self.apply = apply
        self.stored = stored
        self.revoked = revoked
    }

    var count: Int { requests.count }

    /// When `tick` is wanted at the latest.
    var nextDeadline: Int64? { [answers.next, pauses.next].compactMap(\.self).min() }

    /// What is to be sent since the last call.
    mutating func takeSends() -> [LedgerSend] {
        defer { sends.removeAll(keepingCapacity: true) }
        return sends
    }

    mutating func redeem(_ redemption: Redemption, now: Int64, completion: @escaping RedeemCompletion) {
        guard requests.count < Self.capacity else { return completion(.unavailable(Self.full)) }
        let machine = RedeemMachine(redemption, deadline: now + LedgerTimes.requestMilliseconds)
        let request = add(.redeem(machine, completion))
        perform(machine.start(), request, now: now)
    }

    mutating func revoke(_ revocations: [Revocation], now: Int64, completion: @escaping RevokeCompletion) {
        guard !revocations.isEmpty else { return completion(.revoked) }
        guard requests.count + revocations.count <= Self.capacity else { return completion(.unavailable(Self.full)) }
        if let trouble = applied(revocations) { return completion(.unavailable(trouble)) }
        let group = nextNumber()
        groups[group] = Group(open: revocations.count, completion: completion)
        for revocation in revocations {
            let machine = RevokeMachine(deadline: now + LedgerTimes.requestMilliseconds)
            let request = add(.revoke(revocation, machine, group: group))
            perform(machine.start(), request, now: now)
        }
    }

    /// The attempt has gone out; its answer can only come through this session.
    mutating func sent(_ token: AttemptToken, through session: UInt64) {
        guard let request = current(token) else { return }
        request.session = session
    }

    /// The attempt could not go out.
    mutating func notSent(_ token: AttemptToken, now: Int64) {
        fail(token, "no connection to the server", isUnsent: true, now: now)
    }

    /// The attempt has gone out, and surely reached nobody.
    mutating func unreached(_ token: AttemptToken, now: Int64) {
        fail(token, "nobody takes it: the stream is gone, or has no leader at the moment", isUnsent: true, now: now)
    }

    /// The answers that were to come through this session will not. A publish may be stored all the same.
    mutating func sessionEnded(_ session: UInt64, now: Int64) {
        let cut = requests.values.filter { $0.session == session }
        for request in cut.sorted(by: { $0.number < $1.number }) {
            fail(request.token, "the connection was lost", now: now)
        }
    }

    /// Completes all that is on its way: nothing more will come in.
    mutating func close() {
        let left = requests
        requests = [:]
        for (_, request) in left.sorted(by: { $0.key < $1.key }) {
            switch request.work {
            case .redeem(_, let completion): completion(.unavailable(Self.ended))
            case .revoke(_, _, let group): finish(group, trouble: Self.ended)
            }
        }
    }

    private static let ended = "the ledger's loop has ended; the outcome is unknown"

    /// The answer to a publish. A late answer to an earlier attempt counts when it is a success: the record is there.
    mutating func published(_ token: AttemptToken, _ outcome: PublishOutcome, now: Int64) {
        guard let request = requests[token.request] else { return }
        if case .stored(let sequence) = outcome {
            stored(sequence)
            if case .revoke(let revocation, _, _) = request.work { revoked(sequence, revocation.id) }
        } else {
            guard request.attempt == token.attempt else { return }
        }
        switch request.work {
        case .redeem: advance(request, .published(outcome), now: now)
        case .revoke: advanceRevoke(request, .published(outcome), now: now)
        }
    }

    /// Whether this attempt asks for a family's last record; false for one that publishes, or is no longer waited for.
    func isReading(_ token: AttemptToken) -> Bool {
        guard let request = current(token), case .redeem(let machine, _) = request.work else { return false }
        return machine.isReading
    }

    /// The answer to `readLast`.
    mutating func lastRecord(_ token: AttemptToken, _ result: Result<FamilyRecord?, RecordError>, now: Int64) {
        guard let request = current(token) else { return }
        switch result {
        case .success(let record): advance(request, .lastRecord(record), now: now)
        case .failure(let error): advance(request, .readFailed(error.description), now: now)
        }
    }

    mutating func tick(now: Int64) {
        while let token = answers.popDue(at: now) {
            fail(token, Self.unanswered, now: now)
        }
        while let token = pauses.popDue(at: now) {
            guard let request = current(token) else { continue }
            switch request.work {
            case .redeem: advance(request, .pauseEnded, now: now)
            case .revoke: advanceRevoke(request, .pauseEnded, now: now)
            }
        }
    }

    private static let full = "\(capacity) requests are on their way already"
    private static let unanswered = "no answer within \(LedgerTimes.attemptMilliseconds) ms"
}

extension WriteDesk {
    private mutating func nextNumber() -> UInt64 {
        lastNumber += 1
        return lastNumber
    }

    private mutating func add(_ work: Work) -> Request {
        let request = Request(nextNumber(), work)
        requests[request.number] = request
        return request
    }

    /// The request whose present attempt this is; nil when it is over, or has gone on to another.
    private func current(_ token: AttemptToken) -> Request? {
        guard let request = requests[token.request], request.attempt == token.attempt else { return nil }
        return request
    }

    /// An attempt that has no answer. A read that was not answered has changed nothing; a publish may have.
    private mutating func fail(_ token: AttemptToken, _ trouble: String, isUnsent: Bool = false, now: Int64) {
        guard let request = current(token) else { return }
        let outcome = isUnsent ? PublishOutcome.unreached(trouble) : .unknown(trouble)
        switch request.work {
        case .redeem(let machine, _) where machine.isReading:
            advance(request, .readFailed(trouble), now: now)
        case .redeem:
            advance(request, .published(outcome), now: now)
        case .revoke:
            advanceRevoke(request, .published(outcome), now: now)
        }
    }

    private mutating func advance(_ request: Request, _ event: RedeemMachine.Event, now: Int64) {
        guard case .redeem(var machine, let completion) = request.work else { return }
        let action = machine.handle(event, now: now)
        request.work = .redeem(machine, completion)
        perform(action, request, now: now)
    }

    private mutating func perform(_ action: RedeemMachine.Action, _ request: Request, now: Int64) {
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
        case .finish(let outcome):
            requests[request.number] = nil
            completion(outcome)
        }
    }

    private mutating func advanceRevoke(_ request: Request, _ event: RevokeMachine.Event, now: Int64) {
        guard case .revoke(let revocation, var machine, let group) = request.work else { return }
        let action = machine.handle(event, now: now)
        request.work = .revoke(revocation, machine, group: group)
        perform(action, request, now: now)
    }

    private mutating func perform(_ action: RevokeMachine.Action, _ request: Request, now: Int64) {
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

    /// In force here before they are stored anywhere, or what stands in the way. Who asks for a token to be refused is not
    /// harmed when it is refused early; and a blacklist that is full is found before the stream holds what this replica,
    /// and then every other, could not take. Only what is stored besides is acknowledged.
    private func applied(_ revocations: [Revocation]) -> String? {
        do throws(BlacklistError) {
            for revocation in revocations { try apply(revocation) }
            return nil
        } catch {
            return error.description
        }
    }

    private mutating func finish(_ number: UInt64, trouble: String?) {
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
