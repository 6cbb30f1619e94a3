internal import Blacklist
internal import TokenOperations

/// All redemptions and revocations of a replica that are on their way through JetStream, each with its machine, its
/// attempts and its deadline. Pure: what is to be sent comes out, answers and the time go in. One thread.
///
/// Every request is completed exactly once, at the latest `LedgerTimes.requestMilliseconds` after it was asked for, if
/// `tick` is called when it is wanted: not one attempt later, because a redemption that was answered "unknown" may be
/// stored, and whoever repeats it has to come within the grace period.
///
/// A sequence is a witness: what is stored where the stream had been already before it was sent, or before something else that
/// stands further behind, is stored in a stream that was restored or made anew, and nobody has noticed yet. There, a redemption
/// may be the second one of its token, and is no success; to revoke once more does no harm.
struct WriteDesk {
    /// Requests on their way at the most. Above it, one more is refused at once: JetStream stores some 100,000 a second,
    /// so this many is a server that does not answer.
    static let capacity = 65_536

    typealias RedeemCompletion = (RedeemOutcome) -> Void
    typealias RevokeCompletion = (RevokeOutcome) -> Void

    var requests: [UInt64: Request] = [:]
    var groups: [UInt64: Group] = [:]
    private var lastNumber: UInt64 = 0
    let times: LedgerTimes
    /// Of requests, of attempts, and of pauses between those.
    var deadlines: Deadlines<UInt64>
    var answers: Deadlines<AttemptToken>
    var pauses = Pauses<AttemptToken>()
    var sends: [LedgerSend] = []
    /// Of this process: a revocation that is published again, because the stream was purged, must not be taken for a
    /// duplicate of its first publish; only a repetition by the same request is one.
    let instance: String
    /// The highest sequence that the stream is known to have reached, and the last record that was delivered from it; to be
    /// kept up to date by the owner.
    var highestSeen: UInt64 = 0
    var delivered: FollowMachine.Position?
    /// How often what was known of the stream has been found to be of another.
    var timesReplaced = 0
    /// Which of those streams has surely been cut: something was stored in it at a place that it had passed before that was
    /// sent. Told apart from the one that is followed now, because both are found out between two turns.
    private(set) var recededStream: Int?
    /// Puts a revocation into this replica's own blacklist; throws when there is no room.
    private let apply: (Revocation) throws(BlacklistError) -> Void
    /// Told of every sequence that the stream is known to have reached.
    let stored: (UInt64) -> Void
    /// Told besides of each revocation that is stored, and where.
    let revoked: (UInt64, UUIDv7) -> Void
    /// Told when the stream looks as if it was restored from a copy; `recededStream` says whether it surely was.
    private let looksReceded: () -> Void

    init(
        instance: String, times: LedgerTimes = .longest, apply: @escaping (Revocation) throws(BlacklistError) -> Void,
        stored: @escaping (UInt64) -> Void = { _ in }, revoked: @escaping (UInt64, UUIDv7) -> Void = { _, _ in },
        looksReceded: @escaping () -> Void = {}
    ) {
        self.instance = instance
        self.times = times
        deadlines = Deadlines(delay: times.requestMilliseconds)
        answers = Deadlines(delay: times.attemptMilliseconds)
        self.apply = apply
        self.stored = stored
        self.revoked = revoked
        self.looksReceded = looksReceded
    }

    var count: Int { requests.count }

    /// Until it is followed anew, nothing that it says of a redemption counts, wherever that stands.
    var hasReceded: Bool { recededStream == timesReplaced }

    mutating func receded(isSure: Bool) {
        if isSure { recededStream = timesReplaced }
        looksReceded()
    }

    /// When `tick` is wanted at the latest.
    var nextDeadline: Int64? { [deadlines.next, answers.next, pauses.next].compactMap(\.self).min() }

    /// What is to be sent since the last call.
    mutating func takeSends() -> [LedgerSend] {
        defer { sends.removeAll(keepingCapacity: true) }
        return sends
    }

    /// - Parameter time: when it was asked for, if that was before now: its time runs from there.
    mutating func redeem(
        _ redemption: Redemption, askedAt time: Int64? = nil, now: Int64, completion: @escaping RedeemCompletion
    ) {
        guard requests.count < Self.capacity else { return completion(.unavailable(Self.full)) }
        guard let deadline = deadline(askedAt: time, now: now) else { return completion(.unavailable(Self.late)) }
        let machine = RedeemMachine(redemption, deadline: deadline)
        let request = add(.redeem(machine, completion), deadline: deadline)
        perform(machine.start(), request, now: now)
    }

    /// - Parameter time: as with `redeem`.
    mutating func revoke(
        _ revocations: [Revocation], askedAt time: Int64? = nil, areInForce: Bool = false, now: Int64,
        completion: @escaping RevokeCompletion
    ) {
        guard !revocations.isEmpty else { return completion(.revoked) }
        guard requests.count + revocations.count <= Self.capacity else { return completion(.unavailable(Self.full)) }
        guard let deadline = deadline(askedAt: time, now: now) else { return completion(.unavailable(Self.late)) }
        if !areInForce, let trouble = applied(revocations) { return completion(.unavailable(trouble)) }
        let group = nextNumber()
        groups[group] = Group(open: revocations.count, completion: completion)
        for revocation in revocations {
            let machine = RevokeMachine(deadline: deadline)
            let request = add(.revoke(revocation, machine, group: group), deadline: deadline)
            perform(machine.start(), request, now: now)
        }
    }

    /// For so long nothing will be called: what would come due meanwhile is completed now, early rather than late.
    mutating func willBlock(milliseconds: Int64, now: Int64) {
        expire(now: now + milliseconds)
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

    private static let full = "\(capacity) requests are on their way already"
    private static let late = "it was not sent in time, because there was no connection; nothing was stored"
    private static let ended = "the ledger's loop has ended; the outcome is unknown"

    /// nil when it is past.
    private func deadline(askedAt time: Int64?, now: Int64) -> Int64? {
        let deadline = min(time ?? now, now) + times.requestMilliseconds
        return deadline > now ? deadline : nil
    }

    private mutating func nextNumber() -> UInt64 {
        lastNumber += 1
        return lastNumber
    }

    private mutating func add(_ work: Request.Work, deadline: Int64) -> Request {
        let request = Request(
            nextNumber(), passed: highestSeen, delivered: delivered, timesReplaced: timesReplaced, work)
        requests[request.number] = request
        deadlines.set(request.number, now: deadline - times.requestMilliseconds)
        return request
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
}
