import Blacklist
import TestSupport
import TokenOperations

@testable import JetStreamLedger

/// Replicas that redeem refresh tokens over a network that loses, delays and doubles, against a model of one subject's
/// compare-and-set in JetStream. One seed is one history. Times are milliseconds.
///
/// A client holds one family. It presents its token to a replica, and, when it is not answered or told 503, presents it
/// again, at another replica, often before the first answer could have come. It takes the first pair that it gets.
struct RedeemSimulation {
    /// A deliberate defect, to show that the checks can fail.
    enum Fault: CaseIterable {
        /// The stream takes every publish.
        case noCompareAndSet
        /// A publish counts as stored when it is sent.
        case acknowledgedBeforeStored
        /// A conflict after a lost answer is taken for what it looks like.
        case ambiguityForgotten
    }

    struct Answer: Equatable {
        var successor: Successor
        var revision: UInt64
    }

    struct Token: Equatable {
        var generation: Int64
        var revision: UInt64
        var id: UUIDv7
    }

    private enum Message {
        case publish(replica: Int, request: Int, redemption: Redemption)
        case published(request: Int, attempt: Int, PublishOutcome)
        case attemptTimedOut(request: Int, attempt: Int)
        case readLast(request: Int)
        case lastRecord(request: Int, attempt: Int, FamilyRecord?)
        case readTimedOut(request: Int, attempt: Int)
        case pauseEnded(request: Int, attempt: Int)
        case present
        case answer(Answer, presented: Token)
        case crash(replica: Int)
    }

    private struct Request {
        var replica: Int
        var token: Token
        var receivedAt: Int64
        var redemption: Redemption
        var machine: RedeemMachine
        var attempt = 0
        var isDone = false
    }

    private var random: SeededGenerator
    private let fault: Fault?
    private var now: Int64 = 1_800_000_000_000
    private var queue: [(time: Int64, order: Int, message: Message)] = []
    private var order = 0
    private var requests: [Request] = []
    private let family: UUIDv7

    // The stream.
    private var record: (redemption: Redemption, sequence: UInt64)?
    private var sequence: UInt64 = 0
    /// Everything that it ever took.
    private var stored: [Successor] = []

    // The client.
    private var token: Token
    private(set) var rotations = 0
    private var lossPercent: UInt64

    /// Every pair that was given out, by the generation of the token that was presented for it.
    private(set) var answers: [Int64: [Answer]] = [:]
    /// What went wrong, in words.
    private(set) var violations: [String] = []
    /// Kinds of answers, to see that a history exercised them.
    private(set) var unknowns = 0
    private(set) var repeats = 0

    private let grace: Int64 = 10_000

    init(seed: UInt64, fault: Fault? = nil) {
        random = SeededGenerator(seed: seed)
        self.fault = fault
        family = UUIDv7(unixMilliseconds: 1_800_000_000_000, using: &random)
        token = Token(generation: 0, revision: 0, id: UUIDv7(unixMilliseconds: 1_800_000_000_000, using: &random))
        lossPercent = [0, 5, 20, 50][Int(random.next() % 4)]
        schedule(.present, in: 0)
    }

    mutating func run(steps: Int) {
        for _ in 0..<steps {
            guard let index = queue.indices.min(by: { (queue[$0].time, queue[$0].order) < (queue[$1].time, queue[$1].order) })
            else { return }
            let next = queue.remove(at: index)
            now = max(now, next.time)
            handle(next.message)
        }
    }

    // MARK: - Time and chance

    private mutating func schedule(_ message: Message, in delay: Int64) {
        order += 1
        queue.append((now + delay, order, message))
    }

    private mutating func chance(_ percent: UInt64) -> Bool { random.next() % 100 < percent }

    /// Over the network: lost or late; and an answer, which changes nothing, also twice. A publish is not doubled by the
    /// network: NATS delivers at most once, and who publishes again is the machine.
    private mutating func send(_ message: Message) {
        if chance(lossPercent) { return }
        let delay = chance(10) ? Int64(random.next() % 6_000) : Int64(random.next() % 20)
        schedule(message, in: delay)
        if case .publish = message { return }
        if chance(5) { schedule(message, in: delay + Int64(random.next() % 3_000)) }
    }

    private mutating func handle(_ message: Message) {
        switch message {
        case .present:
            present()
        case .answer(let answer, let presented):
            take(answer, for: presented)
        case .crash(let replica):
            for index in requests.indices where requests[index].replica == replica { requests[index].isDone = true }
        case .publish(_, let request, let redemption):
            let outcome = store(redemption)
            send(.published(request: request, attempt: requests[request].attempt, outcome))
        case .published(let request, let attempt, let outcome):
            guard requests[request].attempt == attempt else { return }
            advance(request, .published(outcome))
        case .attemptTimedOut(let request, let attempt):
            guard requests[request].attempt == attempt else { return }
            advance(request, .published(fault == .ambiguityForgotten ? .busy("timed out") : .unknown("timed out")))
        case .readLast(let request):
            let last = record.map { FamilyRecord.redeemed($0.redemption, revision: $0.sequence) }
            send(.lastRecord(request: request, attempt: requests[request].attempt, last))
        case .lastRecord(let request, let attempt, let last):
            guard requests[request].attempt == attempt else { return }
            advance(request, .lastRecord(last))
        case .readTimedOut(let request, let attempt):
            guard requests[request].attempt == attempt else { return }
            advance(request, .readFailed("timed out"))
        case .pauseEnded(let request, let attempt):
            guard requests[request].attempt == attempt else { return }
            advance(request, .pauseEnded)
        }
    }

    // MARK: - The stream

    private mutating func store(_ redemption: Redemption) -> PublishOutcome {
        // As measured: the condition is looked at before the message id.
        if fault != .noCompareAndSet, record?.sequence ?? 0 != redemption.expectedRevision { return .wrongLastSequence }
        sequence += 1
        record = (redemption, sequence)
        stored.append(redemption.successor)
        return .stored(sequence: sequence)
    }

    // MARK: - The replicas

    private mutating func advance(_ index: Int, _ event: RedeemMachine.Event) {
        guard !requests[index].isDone else { return }
        var machine = requests[index].machine
        perform(index, machine.handle(event, now: now), machine)
    }

    private mutating func perform(_ index: Int, _ action: RedeemMachine.Action, _ machine: RedeemMachine) {
        requests[index].machine = machine
        requests[index].attempt += 1
        let attempt = requests[index].attempt
        switch action {
        case .publish:
            if fault == .acknowledgedBeforeStored {
                send(.publish(replica: requests[index].replica, request: index, redemption: requests[index].redemption))
                return finish(index, .redeemed(revision: sequence + 1))
            }
            send(.publish(replica: requests[index].replica, request: index, redemption: requests[index].redemption))
            schedule(.attemptTimedOut(request: index, attempt: attempt), in: LedgerTimes.attemptMilliseconds)
        case .readLast:
            send(.readLast(request: index))
            schedule(.readTimedOut(request: index, attempt: attempt), in: LedgerTimes.attemptMilliseconds)
        case .pause(let milliseconds):
            schedule(.pauseEnded(request: index, attempt: attempt), in: milliseconds)
        case .finish(let outcome):
            finish(index, outcome)
        }
    }

    /// What the operations make of an outcome: the rules of `RefreshDecision`, in the words of this model.
    private mutating func finish(_ index: Int, _ outcome: RedeemOutcome) {
        requests[index].isDone = true
        let request = requests[index]
        switch outcome {
        case .redeemed(let revision):
            give(Answer(successor: request.redemption.successor, revision: revision), for: request.token)
        case .conflict(.redeemed(let last, let revision)):
            if last.generation == request.token.generation, last.tokenID == request.token.id {
                if request.receivedAt <= last.redeemedAt.milliseconds + grace {
                    repeats += 1
                    give(Answer(successor: last.successor, revision: revision), for: request.token)
                }
            } else if last.generation > request.token.generation {
                // A reuse: the family would be revoked. A request that was overtaken by its own client's next one can
                // come to that; one that was stored itself must not.
                if stored.contains(request.redemption.successor) {
                    violations.append("\(now): a redemption that was stored cost its own family")
                }
            }
        case .conflict:
            break
        case .unavailable:
            unknowns += 1
            schedule(.present, in: Int64(random.next() % 200))
        }
    }

    // MARK: - The client

    private mutating func present() {
        let replica = Int(random.next() % 3)
        let successor = Successor(
            accessID: UUIDv7(unixMilliseconds: now, using: &random),
            refreshID: UUIDv7(unixMilliseconds: now, using: &random),
            accessExpiresAt: now / 1_000 + 900, refreshExpiresAt: now / 1_000 + 604_800)
        let redemption = Redemption(
            family: family, expectedRevision: token.revision, generation: token.generation, tokenID: token.id,
            redeemedAt: UnixTime(milliseconds: now), successor: successor, expiresAt: UnixTime(milliseconds: now + 1_000_000))
        let machine = RedeemMachine(redemption, deadline: now + LedgerTimes.requestMilliseconds)
        requests.append(
            Request(replica: replica, token: token, receivedAt: now, redemption: redemption, machine: machine))
        perform(requests.count - 1, machine.start(), machine)
        // At once at several replicas, again after a while, and now and then a replica dies over it.
        if chance(30) { schedule(.present, in: Int64(random.next() % 50)) }
        if chance(10) { schedule(.crash(replica: replica), in: Int64(random.next() % 100)) }
        schedule(.present, in: 6_000 + Int64(random.next() % 1_000))
    }

    private mutating func give(_ answer: Answer, for presented: Token) {
        let earlier = answers[presented.generation, default: []]
        if let other = earlier.first(where: { $0 != answer }) {
            violations.append("\(now): generation \(presented.generation) has two successors: \(other) and \(answer)")
        }
        answers[presented.generation, default: []].append(answer)
        send(.answer(answer, presented: presented))
    }

    private mutating func take(_ answer: Answer, for presented: Token) {
        guard presented == token else { return }
        rotations += 1
        token = Token(
            generation: presented.generation + 1, revision: answer.revision, id: answer.successor.refreshID)
        schedule(.present, in: Int64(random.next() % 100))
    }
}
