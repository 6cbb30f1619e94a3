import Blacklist
import TestSupport
@testable import TokenOperations

@testable import JetStreamLedger

/// Three replicas, a stream, some clients and a thief, over a network that loses, delays and cuts; replicas that die,
/// servers that are cut off from the majority, and an operator who purges, deletes and restores. One seed is one history.
///
/// The machines, the desk and the decision on a refresh are the real ones; the rest are models. What is promised is
/// checked by the `LedgerOracle`, which sees everything at once. Times are milliseconds.
final class LedgerSimulation {
    /// A deliberate defect, to show that the checks can fail.
    enum Fault: CaseIterable {
        /// A publish counts as stored when it is sent.
        case acknowledgedBeforeStored
        /// The stream takes every redemption.
        case noCompareAndSet
        /// Current as soon as there is a consumer.
        case answersBeforeReplay
        /// Goes on where it stopped, whatever the stream has become: above its end too.
        case resumesBlindly
        /// Within the grace period another pair is given out.
        case graceForks
        /// The consumer's own count of deliveries is not looked at.
        case gapsIgnored
        /// A conflict after a lost answer is taken for what it looks like.
        case ambiguityForgotten
        /// A write whose answer is lost counts as one that reached nobody.
        case lostTakenForUnreached
        /// A leader is believed that has not heard of a majority.
        case loneLeaderBelieved
        /// What a purge has taken is not brought back.
        case nothingPublishedAgain
        /// A replica that starts or comes back answers from a stream that has lost what others are bringing back.
        case startsInTheMiddle
        /// A repair that has begun counts as one that has ended.
        case repairTakenForItsEnd
        /// A refresh token that may have been redeemed before the stream lost its records is taken.
        case lostRedemptionsTrusted
        /// What was delivered first is not looked for.
        case oldestOverlooked
        /// Where a redemption is stored is not looked at.
        case placesIgnored

        /// The promise that it breaks.
        var broken: String {
            switch self {
            case .acknowledgedBeforeStored, .nothingPublishedAgain, .oldestOverlooked: "P1"
            case .answersBeforeReplay, .resumesBlindly, .gapsIgnored, .loneLeaderBelieved, .startsInTheMiddle,
                .repairTakenForItsEnd: "P2"
            case .noCompareAndSet, .graceForks, .ambiguityForgotten, .lostTakenForUnreached, .lostRedemptionsTrusted,
                .placesIgnored: "P3"
            }
        }
    }

    enum Question {
        case starting(StartAction)
        case following(FollowAction)
        case repairing(RepairAction)
    }

    enum Answer {
        case starting(StartEvent)
        case following(FollowEvent)
        case repairing(RepairEvent)
    }

    enum ServerInput {
        case question(number: UInt64, Question)
        case write(LedgerSend)
    }

    enum ReplicaInput {
        case connected
        case answered(UInt64, Answer)
        case wrote(AttemptToken, PublishOutcome)
        case unreached(AttemptToken)
        case read(AttemptToken, Result<FoundFamilyRecord?, RecordError>)
        case delivered(Delivery, StreamModel.Record)
        case beat(consumer: UInt64, count: UInt64)
    }

    enum Event {
        case toServer(ServerInput, Origin)
        case toReplica(ReplicaInput, Origin)
        case consumerTurn(Int)
        case consumerBeat(Int)
        case timer(replica: Int, life: Int)
        case request(Operation, replica: Int, client: Int)
        case reply(Reply, Operation, client: Int)
        case client(Int)
        case chance
        case check
    }

    /// One session of one life of a replica.
    struct Origin: Equatable {
        var replica: Int
        var life: Int
        var session: Int
    }

    let seed: UInt64
    let fault: Fault?
    let isTraced: Bool
    var random: SeededGenerator
    private(set) var now: Int64 = 1_000_000
    let maxStaleness: Int64
    var queue = EventQueue<Event>()
    var stream: StreamModel?
    var streams = 0
    var copies: [StreamModel] = []
    var consumers: [Consumer] = []
    var replicas: [SimulatedReplica] = []
    /// The session of each replica.
    var sessions = [0, 0, 0]
    /// Servers that are cut off: since when, and what they remember. A replica has a server of its own.
    var isolated: [Int: Isolation] = [:]
    /// What the stream was lately, the oldest first.
    var memories: [Isolation] = []
    /// The stream has no leader until then: nobody listens on its subjects.
    var leaderlessUntil: Int64 = 0
    /// The stream takes nothing until then: it, or the disk, is full.
    var fullUntil: Int64 = 0
    var slowLeader: SlowLeader?
    static let full = "maximum bytes exceeded"
    var clients: [SimulatedClient] = []
    private(set) var oracle: LedgerOracle
    var lossPercent: UInt64
    /// Whether an operator meddles with the stream.
    let isMeddled: Bool
    /// No more faults: all has to come right.
    private(set) var isCalm = false
    private(set) var violations: [String] = []
    var replays = 0
    var lastReplay: Int64 = .min / 2
    var unreachedWrites = 0
    var timers: [Int64?] = [nil, nil, nil]

    static let configuration = StreamConfiguration(recordLifetime: 2_592_010, replicas: 3)
    /// The wall clock at monotonic zero.
    static let epoch: Int64 = 1_800_000_000_000
    static let lifetimes = Lifetimes(TokenPolicy())
    static let times = LedgerTimes(grace: TokenPolicy().refreshGrace, leeway: TokenPolicy().leeway) ?? .longest
    static let graceMilliseconds = TokenPolicy().refreshGrace * 1_000

    init(seed: UInt64, fault: Fault? = nil, isTraced: Bool = false) {
        self.seed = seed
        self.fault = fault
        self.isTraced = isTraced
        random = SeededGenerator(seed: seed)
        maxStaleness = [5_000, 8_000, 15_000][Int(random.next() % 3)]
        lossPercent = [0, 2, 10, 30][Int(random.next() % 4)]
        // What is made of a lost answer shows where some are lost, and not so many that nobody gets on.
        if fault == .ambiguityForgotten || fault == .lostTakenForUnreached { lossPercent = 10 }
        isMeddled = random.next() % 2 == 0 || fault == .oldestOverlooked || fault == .placesIgnored
        oracle = LedgerOracle()
        oracle.world = self
        replicas = (0..<3).map { SimulatedReplica(index: $0, life: 0, world: self) }
        for index in 0..<3 { connect(index, in: Int64(random.next() % 500)) }
        clients = (0..<5).map { SimulatedClient(index: $0) }
        for client in clients { queue.insert(.client(client.index), at: now + 3_000 + Int64(random.next() % 1_000)) }
        queue.insert(.chance, at: now + 4_000)
        queue.insert(.check, at: now)
    }

    /// A history, and then calm, in which everything has to come right.
    func run(milliseconds: Int64 = 40_000) {
        advance(until: now + milliseconds)
        calm()
        advance(until: now + 45_000)
        if violations.isEmpty { oracle.checkEnd() }
        // It would cost everybody his log-in.
        if !isMeddled, replays > 0 { violate("a repair of nothing") }
    }

    private func advance(until end: Int64) {
        while violations.isEmpty, let next = queue.popFirst() {
            now = max(now, next.time)
            handle(next.element)
            if now >= end { break }
        }
    }

    private func calm() {
        isCalm = true
        lossPercent = 0
        leaderlessUntil = 0
        fullUntil = 0
        slowLeader = nil
        for index in isolated.keys.sorted() { heal(index) }
        oracle.calm()
    }

    func violate(_ text: String) { violations.append("at \(now): \(text)") }

    func trace(_ text: @autoclosure () -> String) { if isTraced { print("\(now): \(text())") } }

    func percent(_ chance: UInt64) -> Bool { random.next() % 100 < chance }

    /// The way of a message, one way.
    func delay() -> Int64 { !isCalm && percent(5) ? Int64(random.next() % 3_500) : 1 + Int64(random.next() % 20) }

    func setTimer(_ replica: SimulatedReplica) {
        guard replicas[replica.index] === replica, let deadline = replica.nextDeadline else { return }
        if let set = timers[replica.index], set <= deadline, set > now { return }
        timers[replica.index] = max(deadline, now + 1)
        queue.insert(.timer(replica: replica.index, life: replica.life), at: max(deadline, now + 1))
    }

    private func handle(_ event: Event) {
        switch event {
        case .toServer(let input, let origin): serve(input, origin)
        case .toReplica(let input, let origin): receive(input, origin)
        case .consumerTurn(let index): turn(index)
        case .consumerBeat(let index): beat(index)
        case .timer(let index, let life):
            guard replicas[index].life == life else { return }
            timers[index] = nil
            replicas[index].tick()
        case .request(let operation, let replica, let client): replicas[replica].handle(operation, client: client)
        case .reply(let reply, let operation, let client): clients[client].take(reply, to: operation, in: self)
        case .client(let index):
            guard !isCalm else { return }
            clients[index].act(in: self)
            // Whoever waits for a lost answer has to be overtaken by a later redemption to be wrong about it.
            queue.insert(.client(index), at: now + 50 + Int64(random.next() % (fault == .lostTakenForUnreached ? 400 : 1_500)))
        case .chance:
            guard !isCalm else { return }
            happen()
            queue.insert(.chance, at: now + Int64(random.next() % 1_500))
        case .check:
            oracle.checkKnowledge()
            remember()
            queue.insert(.check, at: now + 500)
        }
    }

    private func receive(_ input: ReplicaInput, _ origin: Origin) {
        let replica = replicas[origin.replica]
        guard replica.life == origin.life, sessions[origin.replica] == origin.session else { return }
        if case .connected = input { return replica.connected(session: origin.session) }
        guard replica.session == origin.session else { return }
        switch input {
        case .connected: break
        case .answered(let number, let answer): replica.answered(number, answer)
        case .wrote(let token, let outcome): replica.wrote(token, outcome)
        case .unreached(let token): replica.unreached(token)
        case .read(let token, let record): replica.read(token, record)
        case .delivered(let delivery, let record): replica.delivered(delivery, record)
        case .beat(let consumer, let count): replica.beat(consumer: consumer, count: count)
        }
        // A process can die after anything.
        if !isCalm, random.next() % 3_000 == 0 { die(origin.replica) }
    }
}
