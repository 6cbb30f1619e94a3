import Blacklist
import Glibc
import Synchronization
import TestSupport
import Testing
import TokenOperations

@testable import JetStreamLedger
@testable import NATSTransport

/// The ledger over real nats-servers, without the service around it.
@Suite("Replicas over a real JetStream: what one was told, all know, and none forgets")
struct LedgerLoopTests {
    /// One replica's ledger with its blacklists.
    private final class Replica: Sendable {
        let families: Blacklist
        let accessTokens = Blacklist()
        let ledger: JetStreamLedger
        let handle: EventLoop.Handle
        private let events = Mutex<[LedgerEvent]>([])
        private let record: Record

        private final class Record: Sendable {
            let events = Mutex<[LedgerEvent]>([])
        }

        init(_ server: NATSServer, maxStaleness: Int64 = 15_000, memoryLimitBytes: Int = 64 << 20) throws {
            families = Blacklist(memoryLimitBytes: memoryLimitBytes)
            var nats = NATSConfiguration(servers: [server.url])
            nats.limits.longestRetryMilliseconds = 200
            ledger = JetStreamLedger(
                LedgerConfiguration(
                    nats: nats, recordLifetime: 86_400, replicas: 1, maxStalenessMilliseconds: maxStaleness),
                families: families, accessTokens: accessTokens, clock: { Self.time })
            let record = Record()
            self.record = record
            handle = try ledger.start(onLoopEvent: { _ in }, onEvent: { event in record.events.withLock { $0.append(event) } })
        }

        /// The tests' records expire a day after it, and the server's clock is later than it.
        static let time = UnixTime(seconds: 1_700_000_000)

        var all: [LedgerEvent] { record.events.withLock { $0 } }

        var isCurrent: Bool { ledger.freshness.isCurrent(at: monotonicNanoseconds()) }

        func holds(_ id: UUIDv7) -> Bool {
            var reader = Blacklist.Reader(families)
            return reader.contains(id)
        }

        func revoke(_ ids: [UUIDv7]) async -> RevokeOutcome {
            let revocations = ids.map {
                Revocation(
                    kind: .family, id: $0, expiresAt: UnixTime(seconds: Self.time.seconds + 86_400), reason: .blacklisted)
            }
            return await withCheckedContinuation { continuation in
                ledger.revoke(revocations, at: Self.time) { continuation.resume(returning: $0) }
            }
        }

        func redeem(_ redemption: Redemption) async -> RedeemOutcome {
            await withCheckedContinuation { continuation in
                ledger.redeem(redemption) { continuation.resume(returning: $0) }
            }
        }

        func stop() async {
            #expect(await handle.drain(milliseconds: 5_000) != .timedOut)
        }
    }

    private static func server(_ store: TemporaryDirectory) throws -> NATSServer {
        try NATSServer(configuration: "jetstream { store_dir: \"\(store.path)\" }")
    }

    private static func id(_ number: Int) -> UUIDv7 {
        var random = SeededGenerator(seed: UInt64(number))
        return UUIDv7(unixMilliseconds: Replica.time.milliseconds, using: &random)
    }

    private static func redemption(_ family: UUIDv7, expecting revision: UInt64, _ number: Int) -> Redemption {
        Redemption(
            family: family, expectedRevision: revision, generation: Int64(revision), tokenID: id(9_000 + Int(revision)),
            redeemedAt: Replica.time,
            successor: Successor(
                accessID: id(10_000 + number), refreshID: id(20_000 + number), accessExpiresAt: 1, refreshExpiresAt: 2),
            expiresAt: UnixTime(seconds: Replica.time.seconds + 86_400))
    }

    private static func administer(_ server: NATSServer, _ request: String, _ body: String = "") throws -> String {
        try RawNATSClient(port: server.port).request("$JS.API.STREAM.\(request)", Array(body.utf8), inbox: "_INBOX.admin").text
    }

    @Test("A revocation that one has acknowledged, the other hears of, and a third that starts later")
    func revocationsSpread() async throws {
        let store = try TemporaryDirectory()
        let server = try Self.server(store)
        let (one, other) = (try Replica(server), try Replica(server))
        #expect(await eventually { one.isCurrent && other.isCurrent })
        let ids = (0..<100).map(Self.id)
        #expect(await one.revoke(ids) == .revoked)
        #expect(ids.allSatisfy(one.holds))
        #expect(await eventually { ids.allSatisfy(other.holds) })
        let third = try Replica(server)
        #expect(await eventually { third.isCurrent })
        #expect(ids.allSatisfy(third.holds))
        for replica in [one, other, third] { await replica.stop() }
    }

    @Test("Of many redemptions at once one wins, and all others are shown the same record")
    func oneWins() async throws {
        let store = try TemporaryDirectory()
        let server = try Self.server(store)
        let replicas = [try Replica(server), try Replica(server)]
        #expect(await eventually { replicas.allSatisfy(\.isCurrent) })
        for round in 0..<20 {
            let family = Self.id(100 + round)
            let outcomes = await withTaskGroup { group in
                for number in 0..<16 {
                    group.addTask {
                        await replicas[number % 2].redeem(Self.redemption(family, expecting: 0, round * 16 + number))
                    }
                }
                return await group.reduce(into: [RedeemOutcome]()) { $0.append($1) }
            }
            let won = outcomes.compactMap { if case .redeemed(let revision) = $0 { revision } else { nil } }
            #expect(won.count == 1)
            for outcome in outcomes {
                if case .redeemed = outcome { continue }
                guard case .conflict(.redeemed(_, revision: won[0])) = outcome else {
                    Issue.record("\(outcome)")
                    continue
                }
            }
            // The successor's revision is good for the next one, once.
            let next = Self.redemption(family, expecting: won[0], 5_000 + round)
            guard case .redeemed = await replicas[round % 2].redeem(next) else {
                Issue.record("the next redemption was refused")
                continue
            }
        }
        #expect(await replicas[0].revoke([Self.id(100)]) == .revoked)
        #expect(await replicas[1].redeem(Self.redemption(Self.id(100), expecting: 0, 1)) == .conflict(.revoked))
        for replica in replicas { await replica.stop() }
    }

    @Test(
        "What was purged, or deleted with its stream, is published again, so that one who starts afterwards knows it",
        arguments: ["PURGE.TOKEN_LEDGER", "DELETE.TOKEN_LEDGER"])
    func losses(request: String) async throws {
        let store = try TemporaryDirectory()
        let server = try Self.server(store)
        let one = try Replica(server)
        #expect(await eventually { one.isCurrent })
        let ids = (0..<3_000).map(Self.id)
        #expect(await one.revoke(ids) == .revoked)
        #expect(try Self.administer(server, request).contains(#""success":true"#))
        #expect(await eventually(within: .seconds(20)) { one.all.contains(.republished(3_000)) })
        #expect(one.all.contains { if case .republishing = $0 { true } else { false } })
        let late = try Replica(server)
        // The first had just started at the loss, and so waits for others for a while before it says that all is there.
        let limit = Duration.milliseconds(RepairTimes.stillOwn) + .seconds(20)
        #expect(await eventually(within: limit) { late.isCurrent && ids.allSatisfy(late.holds) })
        #expect(await eventually { one.isCurrent })
        for replica in [one, late] { await replica.stop() }
    }

    @Test("Without its server it is not current after the bound; with it back, and nothing forgotten, it is again")
    func serverAway() async throws {
        let store = try TemporaryDirectory()
        let server = try Self.server(store)
        let one = try Replica(server, maxStaleness: 5_000)
        #expect(await eventually { one.isCurrent })
        #expect(await one.revoke([Self.id(1)]) == .revoked)
        server.kill()
        #expect(await eventually { !one.isCurrent && one.all.last == .stale })
        guard case .unavailable = await one.revoke([Self.id(2)]) else {
            Issue.record("acknowledged without a server")
            return
        }
        try server.start()
        #expect(await eventually { one.isCurrent })
        let late = try Replica(server)
        #expect(await eventually { late.isCurrent })
        #expect(late.holds(Self.id(1)) && !one.all.contains { if case .republishing = $0 { true } else { false } })
        for replica in [one, late] { await replica.stop() }
    }

    @Test("With no room a revocation is refused before it is stored; another's that does not fit ends the answering")
    func fullBlacklist() async throws {
        let store = try TemporaryDirectory()
        let server = try Self.server(store)
        let small = try Replica(server, memoryLimitBytes: 0)
        #expect(await eventually { small.isCurrent })
        guard case .unavailable = await small.revoke([Self.id(1)]) else {
            Issue.record("acknowledged what is not in force")
            return
        }
        let large = try Replica(server)
        #expect(await eventually { large.isCurrent })
        #expect(!large.holds(Self.id(1)) && small.isCurrent)
        #expect(await large.revoke([Self.id(2)]) == .revoked)
        #expect(await eventually { small.all.contains { if case .full = $0 { true } else { false } } })
        #expect(await eventually { !small.isCurrent })
        for replica in [small, large] { await replica.stop() }
    }

    @Test("Replicas with as much memory refuse before it is full, so that none finds no room for what another has taken")
    func roomIsLeftForOthers() async throws {
        let store = try TemporaryDirectory()
        let server = try Self.server(store)
        let (one, other) = (try Replica(server, memoryLimitBytes: 1 << 20), try Replica(server, memoryLimitBytes: 1 << 20))
        #expect(await eventually { one.isCurrent && other.isCurrent })
        var (acknowledged, refusals, next) = ([UUIDv7](), [0, 0], 0)
        while refusals.contains(where: { $0 < 5 }), next < 200_000 {
            let ids = (next..<next + 500).map(Self.id)
            let index = (next / 500) % 2
            next += 500
            guard await [one, other][index].revoke(ids) == .revoked else {
                refusals[index] += 1
                continue
            }
            acknowledged += ids
            // What is kept free is for what is on its way, and not for any lag.
            #expect(await eventually { [one, other].allSatisfy { replica in ids.allSatisfy(replica.holds) } })
        }
        #expect(refusals.allSatisfy { $0 >= 5 } && acknowledged.count > 1_000)
        #expect(await eventually { [one, other].allSatisfy { replica in acknowledged.allSatisfy(replica.holds) } })
        for replica in [one, other] {
            #expect(replica.isCurrent)
            #expect(!replica.all.contains { if case .full = $0 { true } else { false } })
            await replica.stop()
        }
    }

    @Test("A record that no version has written is taken for a revocation, told, and stops nothing")
    func unreadable() async throws {
        let store = try TemporaryDirectory()
        let server = try Self.server(store)
        let one = try Replica(server)
        #expect(await eventually { one.isCurrent })
        let client = try RawNATSClient(port: server.port)
        let subject = "ledger.revoked.\(Self.id(1).text)"
        #expect(try client.request(subject, Array("{".utf8), inbox: "_INBOX.a").text.contains("seq"))
        #expect(try client.request("ledger.revoked.x", [], inbox: "_INBOX.b").text.contains("seq"))
        #expect(await eventually { one.ledger.counters.unreadable.load(ordering: .relaxed) == 2 })
        #expect(one.holds(Self.id(1)))
        #expect(await one.revoke([Self.id(2)]) == .revoked)
        await one.stop()
    }

    @Test("What comes while the loop is blocked in connecting is answered within its time and the block's bound")
    func blockedInConnecting() async throws {
        // Takes connections, and says nothing: each attempt to connect blocks for its whole time.
        let silent = try Loopback.listen(port: 0)
        defer { close(silent.socket) }
        var nats = NATSConfiguration(servers: ["nats://127.0.0.1:\(silent.port)"])
        nats.limits.connectTimeoutMilliseconds = 1_000
        nats.limits.longestRetryMilliseconds = 50
        let times = try #require(LedgerTimes(grace: 2, leeway: 0))
        let configuration = LedgerConfiguration(
            nats: nats, recordLifetime: 86_400, replicas: 1, maxStalenessMilliseconds: 15_000, times: times)
        let ledger = JetStreamLedger(
            configuration, families: Blacklist(), accessTokens: Blacklist(), clock: { Replica.time })
        let handle = try ledger.start(onLoopEvent: { _ in }, onEvent: { _ in })
        let answered = await withTaskGroup { group in
            for number in 0..<60 {
                group.addTask { () -> (RedeemOutcome, Duration) in
                    try? await Task.sleep(for: .milliseconds(50 * number))
                    let began = ContinuousClock.now
                    let outcome = await withCheckedContinuation { continuation in
                        ledger.redeem(Self.redemption(Self.id(number), expecting: 0, number)) {
                            continuation.resume(returning: $0)
                        }
                    }
                    return (outcome, ContinuousClock.now - began)
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        for (outcome, waited) in answered {
            guard case .unavailable = outcome else {
                Issue.record("\(outcome) without a server")
                continue
            }
            // And a busy machine's slack.
            #expect(waited < .milliseconds(times.requestMilliseconds + 1_000 + 500))
        }
        #expect(answered.count == 60 && ledger.counters.unavailable.load(ordering: .relaxed) == 60)
        _ = await handle.drain(milliseconds: 0)
    }

    @Test("Closed, every call is completed, and nothing is current")
    func closed() async throws {
        let store = try TemporaryDirectory()
        let server = try Self.server(store)
        let one = try Replica(server)
        #expect(await eventually { one.isCurrent })
        await one.stop()
        #expect(!one.isCurrent)
        guard case .unavailable = await one.revoke([Self.id(1)]) else {
            Issue.record("acknowledged by a ledger that has ended")
            return
        }
    }

    @Test("A server without JetStream is refused, and the loop ends by itself")
    func refused() async throws {
        let server = try NATSServer()
        let one = try Replica(server)
        _ = await one.handle.closed()
        #expect(one.all.contains { if case .refused(let text) = $0 { text.contains("JetStream") } else { false } })
    }
}
