import Blacklist
import StrictJSON
import TestSupport
import TokenContract
@testable import TokenOperations

@testable import JetStreamLedger

/// One life of a replica: the real machines, the real desk, the real decision on a refresh, and a blacklist that is a
/// dictionary. It does what the ledger's loop does, and is told the time.
final class SimulatedReplica {
    let index: Int
    /// Tells what was meant for this life from what was meant for one before.
    let life: Int
    unowned let world: LedgerSimulation
    var starting: StartMachine
    var following: FollowMachine
    private var desk: WriteDesk
    private(set) var session: Int?
    private var repairing: RepairMachine
    private var question: UInt64 = 0
    /// The number of what is on its way: of the machine that starts or follows, and of the one that repairs.
    private var openQuestion: UInt64?
    private var askedAt: Int64 = 0
    private var openRepairQuestion: UInt64?
    private let blacklist: SimulatedBlacklist
    private var requests: [Int: Request] = [:]
    private var lastRequest = 0
    private var toRepublish: [Revocation] = []
    private var republishAt: Int64?
    /// The last batch's request: what becomes of one before it is another run's.
    private var republishing = 0

    struct Request {
        var operation: Operation
        var arrivedAt: Int64
        var client: Int
        var flight: RefreshInFlight?
        /// The highest sequence that the replica knew of when it came, and the highest that had been delivered to it.
        var passed: UInt64 = 0
        var delivered: UInt64 = 0
    }

    init(index: Int, life: Int, world: LedgerSimulation) {
        self.index = index
        self.life = life
        self.world = world
        starting = StartMachine(wanted: LedgerSimulation.configuration, instance: "\(index)-\(life)")
        repairing = RepairMachine(
            instance: "\(index)-\(life)", recordLifetime: LedgerSimulation.configuration.maxAge / 1_000_000_000,
            maxStaleness: world.maxStaleness)
        following = FollowMachine(maxStaleness: world.maxStaleness)
        let blacklist = SimulatedBlacklist()
        self.blacklist = blacklist
        desk = WriteDesk(
            instance: "\(index)-\(life)", times: LedgerSimulation.times,
            apply: { (revocation) throws(BlacklistError) in blacklist.insert(revocation) },
            stored: { blacklist.ownWrites.append(.stored(sequence: $0)) },
            revoked: { blacklist.ownWrites.append(.revoked(sequence: $0, id: $1)) },
            looksReceded: { blacklist.looksReceded = true })
    }

    /// What it knows to have been in the stream; of its own requests it also knows what was never stored.
    private(set) var learned: Set<UUIDv7> = []

    func knows(_ id: UUIDv7) -> Bool { blacklist.revocations[id] != nil }

    var openRequests: Int { desk.count }

    var isCurrent: Bool {
        if world.fault == .answersBeforeReplay, following.phase == .following { return true }
        return provenAt.map { world.now <= $0 + world.maxStaleness } ?? false
    }

    /// As of when it claims to know everything.
    var provenAt: Int64? { world.fault == .startsInTheMiddle ? following.provenAt : repairing.provenAt }

    /// From when on refresh tokens have been issued that it redeems, in Unix milliseconds.
    var redeemedSince: Int64 { world.fault == .lostRedemptionsTrusted ? 0 : repairing.redeemedSince }

    // MARK: The connection

    func connected(session: Int) {
        self.session = session
        (openQuestion, openRepairQuestion) = (nil, nil)
        if starting.phase == .ready {
            follow(.connected)
            repair(.connected)
        } else {
            start(.connected)
        }
        flush()
    }

    func disconnected() {
        guard let session else { return }
        self.session = nil
        (openQuestion, openRepairQuestion) = (nil, nil)
        desk.sessionEnded(UInt64(session), now: world.now)
        follow(.disconnected)
        if starting.phase != .ready { start(.disconnected) }
        flush()
    }

    func tick() {
        desk.tick(now: world.now)
        start(.tick)
        follow(.tick)
        if mayRepair { repair(.tick) }
        if let republishAt, world.now >= republishAt { republish() }
        flush()
    }

    var nextDeadline: Int64? {
        [desk.nextDeadline, starting.nextDeadline(), following.nextDeadline(), republishAt, mayRepair ? repairing.nextDeadline() : nil].compactMap(\.self).min()
    }

    // MARK: The machines

    private func start(_ event: StartEvent) {
        for action in starting.handle(event, now: world.now) {
            switch action {
            case .ready:
                follow(following.phase == .waitingForStream ? .streamReady : .connected)
                repair(.connected)
            case .refuse(let text):
                // Whoever runs it starts it again.
                guard text.contains(LedgerSimulation.full) else { return world.violate("replica \(index) refuses: \(text)") }
                return world.die(index)
            case .report: break
            case .askForAccount, .askForStream, .createStream, .updateStream, .askForEpoch, .writeEpoch, .probe:
                ask(.starting(action))
            }
        }
    }

    private func follow(_ event: FollowEvent, record: StreamModel.Record? = nil) {
        let actions = following.handle(event, now: world.now)
        switch event {
        case .delivered(_, let id?) where actions.contains(.apply): learned.insert(id)
        case .revoked(_, let id): learned.insert(id)
        default: break
        }
        if event != .tick || !actions.isEmpty { world.trace("replica \(index): \(event) -> \(actions)") }
        for action in actions {
            switch action {
            case .apply:
                if let record { world.decode(record).map { blacklist.insert($0) } }
            case .republish(let reason):
                repair(.lost(reason))
            case .checkStream: start(.check)
            case .deleteConsumer(let number): world.deleteConsumer(of: self, number)
            case .askForStream, .writeFence, .askForRecord, .askForAnchor, .createConsumer:
                ask(.following(action))
            }
        }
    }

    private var mayRepair: Bool { session != nil && starting.phase == .ready }

    private func repair(_ event: RepairEvent) {
        let actions = repairing.handle(event, now: world.now)
        if !actions.isEmpty { world.trace("replica \(index): \(event) -> \(actions)") }
        for action in actions {
            if case .report = action { continue }
            guard case .publish(let reason) = action else {
                ask(.repairing(action))
                continue
            }
            world.trace("replica \(index) publishes \(blacklist.revocations.count) again: \(reason.rawValue)")
            world.replays += 1
            world.lastReplay = world.now
            follow(.republishing)
            let isFaulty = world.fault == .nothingPublishedAgain
            toRepublish = isFaulty ? [] : blacklist.revocations.values.sorted { $0.id.text < $1.id.text }
            republish()
        }
    }

    private func ask(_ content: LedgerSimulation.Question) {
        question += 1
        if case .repairing = content { openRepairQuestion = question } else { (openQuestion, askedAt) = (question, world.now) }
        guard session != nil else { return }
        world.send(.question(number: question, content), from: self)
    }

    func answered(_ number: UInt64, _ answer: LedgerSimulation.Answer) {
        switch answer {
        case .starting, .following:
            guard number == openQuestion else { return }
            openQuestion = nil
        case .repairing:
            guard number == openRepairQuestion else { return }
            openRepairQuestion = nil
        }
        switch answer {
        case .repairing(let event): repair(event)
        case .starting(let event):
            if case .stream(let information) = event, let state = information.state { repair(.serverTime(state.time, askedAt: askedAt)) }
            start(event)
        case .following(let event):
            if case .stream(let state) = event { repair(.serverTime(state.time, askedAt: askedAt)) }
            follow(event)
        }
        flush()
    }

    func delivered(_ delivery: Delivery, _ record: StreamModel.Record) {
        var delivery = delivery
        if world.fault == .gapsIgnored { delivery.consumerSequence = following.consumerSequence + 1 }
        let id = LedgerSubject.kind(of: record.subject).flatMap { if case .revoked(let id) = $0 { id } else { nil } }
        follow(.delivered(delivery, id: id), record: record)
        flush()
    }

    func beat(consumer: UInt64, count: UInt64) {
        let count = world.fault == .gapsIgnored ? following.consumerSequence : count
        follow(.heartbeat(number: consumer, lastConsumerSequence: count))
        flush()
    }

    private func republish() {
        republishAt = nil
        guard !toRepublish.isEmpty else { return repair(.published) }
        let number = nextRequest(Request(operation: .republish, arrivedAt: world.now, client: -1))
        republishing = number
        desk.revoke(Array(toRepublish.suffix(8)), now: world.now, completion: { [blacklist] outcome in
            blacklist.outcomes.append((number, .revoke(outcome)))
        })
    }

    // MARK: Writes

    func wrote(_ token: AttemptToken, _ outcome: PublishOutcome) {
        desk.published(token, outcome, now: world.now)
        flush()
    }

    func unreached(_ token: AttemptToken) {
        desk.unreached(token, now: world.now)
        flush()
    }

    func read(_ token: AttemptToken, _ record: Result<FoundFamilyRecord?, RecordError>) {
        desk.lastRecord(token, record, now: world.now)
        flush()
    }

    /// Everything that the machines have left to be done.
    private func flush() {
        while true {
            let outcomes = blacklist.takeOutcomes()
            for (number, outcome) in outcomes { completed(number, outcome) }
            let sends = desk.takeSends()
            for send in sends { transmit(send) }
            for event in blacklist.takeOwnWrites() { follow(event) }
            if blacklist.looksReceded {
                blacklist.looksReceded = false
                follow(.receded(isSure: desk.recededStream == following.timesReplaced))
            }
            if outcomes.isEmpty, sends.isEmpty { break }
        }
        repair(.proven(asOf: following.provenAt))
        if world.fault != .placesIgnored, world.fault != .resumesBlindly {
            (desk.highestSeen, desk.delivered) = (following.highestSeen, following.delivered)
            desk.timesReplaced = following.timesReplaced
        }
        world.setTimer(self)
    }

    private func transmit(_ send: LedgerSend) {
        guard let session else { return desk.notSent(send.token, now: world.now) }
        world.send(.write(send), from: self)
        if world.fault == .ambiguityForgotten { return }
        desk.sent(send.token, through: UInt64(session))
        if world.fault == .acknowledgedBeforeStored, case .publish = send.content {
            desk.published(send.token, .stored(sequence: (world.stream?.lastSequence ?? 0) + 1), now: world.now)
        }
    }

    // MARK: Requests

    private func nextRequest(_ request: Request) -> Int {
        lastRequest += 1
        requests[lastRequest] = request
        return lastRequest
    }

    func handle(_ operation: Operation, client: Int) {
        guard isCurrent else { return reply(Request(operation: operation, arrivedAt: world.now, client: client), .unavailable) }
        var request = Request(operation: operation, arrivedAt: world.now, client: client, passed: following.highestSeen,
            delivered: following.delivered?.sequence ?? 0)
        switch operation {
        case .verify(let family, let access):
            reply(request, knows(family) || knows(access) ? .invalid : .valid)
        case .blacklist(let family, let access):
            let expiry = UnixTime(milliseconds: .max / 2)
            let number = nextRequest(request)
            desk.revoke(
                [family, access].enumerated().map { index, id in
                    Revocation(kind: index == 0 ? .family : .accessToken, id: id, expiresAt: expiry, reason: .blacklisted)
                }, now: world.now
            ) { [blacklist] in blacklist.outcomes.append((number, .revoke($0))) }
        case .refresh(let token):
            guard !knows(token.family) else { return reply(request, .refused) }
            guard token.id.unixMilliseconds >= redeemedSince else { return reply(request, .refused) }
            let flight = world.flight(for: token, at: self)
            request.flight = flight
            let number = nextRequest(request)
            desk.redeem(flight.redemption, now: world.now) { [blacklist] in
                blacklist.outcomes.append((number, .redeem($0)))
            }
        case .republish:
            break
        }
        flush()
    }

    private func completed(_ number: Int, _ outcome: SimulatedBlacklist.Outcome) {
        guard let request = requests.removeValue(forKey: number) else {
            return world.violate("request \(number) of replica \(index) was completed twice")
        }
        switch (request.operation, outcome) {
        case (.republish, .revoke(let outcome)):
            guard number == republishing else { return }
            if outcome == .revoked { toRepublish.removeLast(min(8, toRepublish.count)) }
            republishAt = world.now + (outcome == .revoked ? 1 : 1_000)
        case (.blacklist, .revoke(let outcome)):
            reply(request, outcome == .revoked ? .revoked : .unavailable)
        case (.refresh, .revoke(let outcome)):
            reply(request, outcome == .revoked ? .reused : .unavailable)
        case (.refresh(let token), .redeem(let outcome)):
            refreshed(request, token, outcome)
        default:
            world.violate("an outcome of another kind")
        }
    }

    private func refreshed(_ request: Request, _ token: Token, _ outcome: RedeemOutcome) {
        guard let flight = request.flight else { return }
        switch world.decide(flight, outcome) {
        case .issue(let redemption, let revision):
            guard !knows(redemption.family), token.id.unixMilliseconds >= redeemedSince else { return reply(request, .refused) }
            let pair = Pair(
                next: Token(
                    family: redemption.family, generation: redemption.generation + 1, revision: revision,
                    id: redemption.successor.refreshID),
                access: redemption.successor.accessID)
            reply(request, .pair(pair))
        case .revokeFamily:
            world.oracle.judgedReuse(flight.redemption, by: self)
            let revocation = Revocation(
                kind: .family, id: token.family, expiresAt: UnixTime(milliseconds: .max / 2), reason: .reused)
            var again = request
            again.flight = nil
            let number = nextRequest(again)
            desk.revoke([revocation], now: world.now) { [blacklist] in
                blacklist.outcomes.append((number, .revoke($0)))
            }
        case .refuse(let error):
            reply(request, error.code == .unavailable ? .unavailable : .refused)
        }
    }

    private func reply(_ request: Request, _ reply: Reply) {
        world.oracle.replied(reply, to: request, by: self)
        world.reply(reply, to: request)
    }
}

/// What a replica's closures write to while its desk is being changed.
final class SimulatedBlacklist {
    enum Outcome {
        case redeem(RedeemOutcome)
        case revoke(RevokeOutcome)
    }

    private(set) var revocations: [UUIDv7: Revocation] = [:]
    var outcomes: [(Int, Outcome)] = []
    var ownWrites: [FollowEvent] = []
    var looksReceded = false

    func insert(_ revocation: Revocation) { revocations[revocation.id] = revocation }

    func takeOutcomes() -> [(Int, Outcome)] {
        defer { outcomes = [] }
        return outcomes
    }

    func takeOwnWrites() -> [FollowEvent] {
        defer { ownWrites = [] }
        return ownWrites
    }
}
