import Blacklist
import NATSTransport
import StrictJSON
import TokenOperations

/// The handler on the ledger loop: it sends what the machines ask for, hands in what comes back, and tells the others how
/// it stands. It decides nothing; what is decided is decided in machines that can be tested without it.
///
/// On the loop's thread only.
final class LedgerLoop: RequestHandler {
    let context: LoopContext
    let configuration: LedgerConfiguration
    let writer: RevocationWriter
    let counters: LedgerCounters
    let clock: @Sendable () -> UnixTime
    let onEvent: @Sendable (LedgerEvent) -> Void
    private let inbox: LedgerInbox
    /// Empty but while they are worked off.
    private var commands: [LedgerInbox.Command] = []
    private let freshness: LedgerFreshness

    /// Of this process: in message ids and consumers' names.
    let instance: String
    let consumers: ConsumerName
    var deliveries: DeliveryReader
    let wanted: StreamConfiguration
    /// The stream has been changed, or made again, to something that forgets.
    var isMisfit = false
    /// It was so for a while, or kept records too shortly: some may be gone that nobody looks for.
    var mayHaveForgotten = false
    private var told: Set<String> = []
    var starting: StartMachine
    var following: FollowMachine
    var desk: WriteDesk
    var sentRuns = SentRuns()
    var repairing: RepairMachine
    var republisher = Republisher()
    var session: UInt64?
    /// The number of the latest question.
    var question: UInt64 = 0
    /// What is on its way, and which machine has asked it; nil when it is answered.
    var asker: (number: UInt64, Asker)?
    /// When that was sent.
    var askedAt: Int64 = 0
    var repairAsker: (number: UInt64, Asker)?
    private let ownWrites = OwnWrites()
    /// What became of the republisher's batches: of more than one when another run has begun meanwhile.
    let republishOutcomes = Slot<[(run: UInt64, outcome: RevokeOutcome)]>()
    private var isCurrent = false
    var catchUp = CatchUp()
    /// After a revocation for which there was no room: when to try again.
    var roomAwaited: Int64?
    private var nextSweep: Int64 = 0
    /// The server's clock, when it was last told.
    var serverTime: UnixTime?

    enum Asker {
        case starting(StartAction)
        case following(FollowAction)
        case repairing(RepairAction)
    }

    /// Dropping what has expired is cheap when nothing has, and memory is not freed sooner for asking more often.
    private static let sweepMilliseconds: Int64 = 10_000

    init(
        _ configuration: LedgerConfiguration, _ writer: RevocationWriter, inbox: LedgerInbox,
        freshness: LedgerFreshness, counters: LedgerCounters, clock: @escaping @Sendable () -> UnixTime,
        context: LoopContext,
        onEvent: @escaping @Sendable (LedgerEvent) -> Void
    ) {
        self.configuration = configuration
        self.writer = writer
        self.inbox = inbox
        self.freshness = freshness
        self.counters = counters
        self.clock = clock
        self.context = context
        self.onEvent = onEvent
        var random = SystemRandomNumberGenerator()
        instance = String(random.next() as UInt64, radix: 36)
        consumers = ConsumerName(instance: instance)
        deliveries = DeliveryReader(names: consumers)
        wanted = StreamConfiguration(
            recordLifetime: configuration.recordLifetime, replicas: Int64(configuration.replicas))
        starting = StartMachine(wanted: wanted, instance: instance)
        repairing = RepairMachine(
            instance: instance, recordLifetime: configuration.recordLifetime,
            maxStaleness: configuration.maxStalenessMilliseconds)
        following = FollowMachine(maxStaleness: configuration.maxStalenessMilliseconds)
        desk = WriteDesk(
            instance: instance, times: configuration.times,
            apply: { (revocation) throws(BlacklistError) in try writer.insertOwn(revocation) },
            stored: { [ownWrites] in ownWrites.highest = max(ownWrites.highest ?? 0, $0) },
            revoked: { [ownWrites] in ownWrites.revocations.append(($0, $1)) },
            looksReceded: { [ownWrites] in ownWrites.lookReceded = true })
        inbox.connect(to: context.handle)
    }

    var now: Int64 { Int64(context.now / 1_000_000) }

    // MARK: The loop's calls

    func handle(_ message: borrowing Message, endpoint: Int, reply: consuming Reply) {
        // It has no endpoints.
        reply.drop()
    }

    func outletChanged(to session: UInt64?) {
        self.session = session
        (asker, repairAsker) = (nil, nil)
        // The stream is checked once, and again when it is gone, but not for a new connection: a stream that takes no
        // writes any more, because it is full, can still be followed and answered from.
        switch (session, starting.phase) {
        case (nil, .ready): follow(.disconnected)
        case (nil, _):
            follow(.disconnected)
            start(.disconnected)
        case (_, .ready):
            follow(.connected)
            repair(.connected)
        default: start(.connected)
        }
    }

    func sessionEnded(_ session: UInt64) {
        sentRuns.ended(session)
        desk.sessionEnded(session, now: now)
    }

    func mailboxSignalled() {
        tellDesk()
        inbox.takeAll(&commands)
        for command in commands {
            switch command {
            case .redeem(let redemption, let time, let completion):
                desk.redeem(redemption, askedAt: time, now: now, completion: completion)
            case .revoke(let revocations, let time, let completion):
                desk.revoke(revocations, askedAt: time, now: now, completion: completion)
            case .serverError(let text):
                if text.contains("Permissions Violation") { start(.forbidden(text)) }
            }
        }
        commands.removeAll(keepingCapacity: true)
    }

    private func tellDesk() {
        desk.highestSeen = following.highestSeen
        desk.delivered = following.delivered
        desk.timesReplaced = following.timesReplaced
    }

    func willBlock(milliseconds: Int) {
        desk.willBlock(milliseconds: Int64(milliseconds), now: now)
    }

    func timerFired() {
        insertFollowed()
        desk.tick(now: now)
        start(.tick)
        follow(.tick)
        if mayRepair { repair(.tick) }
        if let time = roomAwaited, now >= time { lookForRoom() }
        if now >= nextSweep { sweep() }
    }

    func batchEnded() {
        insertFollowed()
        if let sequence = ownWrites.highest.take() { follow(.stored(sequence: sequence)) }
        for (sequence, id) in ownWrites.revocations { follow(.revoked(sequence: sequence, id: id)) }
        ownWrites.revocations.removeAll(keepingCapacity: true)
        if ownWrites.lookReceded {
            ownWrites.lookReceded = false
            follow(.receded(isSure: desk.recededStream == following.timesReplaced))
        }
        tellDesk()
        repair(.proven(asOf: roomAwaited == nil && !isMisfit ? following.provenAt : nil))
        republish()
        sendWrites()
        tellFreshness()
        setTimer()
    }

    func closed() {
        freshness.extend(until: 0)
        desk.close()
        inbox.close()
    }

    // MARK: How it stands

    private func tellFreshness() {
        tellRedemptions()
        let until = repairing.provenAt.map { $0 + configuration.maxStalenessMilliseconds } ?? 0
        // Stored again only when it has moved: every store takes the line away from the request loops.
        if until != toldFreshness {
            toldFreshness = until
            freshness.extend(until: UInt64(max(0, until)) * 1_000_000)
        }
        let isCurrent = now <= until
        guard isCurrent != self.isCurrent else { return }
        self.isCurrent = isCurrent
        if isCurrent {
            onEvent(
                .current(
                    revocations: writer.count, delivered: catchUp.records, milliseconds: catchUp.milliseconds))
        } else if roomAwaited == nil {
            // That there is no room has been told, and then it is not the ledger that is out of sight.
            onEvent(.stale)
        }
        catchUp = CatchUp()
        // From here on nothing that the bus says ends this process any more.
        guard isCurrent else { return }
        told = []
        start(.followed)
    }

    /// Before anything is answered that rests on it.
    private func tellRedemptions() {
        let since = UnixTime(milliseconds: repairing.redeemedSince)
        guard since > redeemedSince else { return }
        freshness.loseRedemptions(before: since)
        // The first is when this ledger began, or what was lost before this replica started.
        if redeemedSince.milliseconds > 0 { onEvent(.redemptionsLost(before: since)) }
        redeemedSince = since
    }

    /// Once, until this replica is current again.
    func tell(_ trouble: String) {
        guard told.count < Self.troublesTold, told.insert(trouble).inserted else { return }
        onEvent(.trouble(trouble))
    }

    private static let troublesTold = 16

    private var toldFreshness: Int64 = 0
    private var redeemedSince = UnixTime(milliseconds: 0)

    private func setTimer() {
        var deadline = min(nextSweep, isCurrent ? toldFreshness + 1 : .max)
        for time in [
            desk.nextDeadline, starting.nextDeadline(), following.nextDeadline(), roomAwaited,
            mayRepublish ? republisher.nextDeadline : nil, mayRepair ? repairing.nextDeadline() : nil,
        ] {
            if let time { deadline = min(deadline, time) }
        }
        context.setTimer(at: UInt64(max(0, deadline)) * 1_000_000)
    }

    /// Expired partitions go by the earlier of the server's clock and this machine's: a clock that jumps ahead, here or
    /// there, must not cost a revocation that is still needed.
    private func sweep() {
        nextSweep = now + Self.sweepMilliseconds
        if let time = expiryTime { writer.removeExpired(at: time) }
    }

    var expiryTime: UnixTime? { serverTime.map { min($0, clock()) } }
}

/// What this replica has stored since it was last looked at.
private final class OwnWrites {
    /// The highest sequence.
    var highest: UInt64?
    var lookReceded = false
    var revocations: [(sequence: UInt64, id: UUIDv7)] = []
}

/// One value on its way out of a closure that runs while a machine is being changed.
final class Slot<Value> {
    private var value: Value?

    func put(_ value: Value) { self.value = value }

    func take() -> Value? { value.take() }
}
