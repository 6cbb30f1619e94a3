import Blacklist
import TestSupport
import Testing
import TokenOperations

@testable import JetStreamLedger

@Suite("Every write is answered once, within its time, and a success is one")
struct WriteDeskTests {
    /// What the completions said, by request.
    private final class Ledger {
        var redeemed: [Int: [RedeemOutcome]] = [:]
        var revoked: [Int: [RevokeOutcome]] = [:]
        var applied: Set<UUIDv7> = []
        var isFull = false

        func apply(_ revocation: Revocation) throws(BlacklistError) {
            if isFull { throw .full(limitBytes: 0) }
            applied.insert(revocation.id)
        }
    }

    private func revocation(_ random: inout SeededGenerator) -> Revocation {
        Revocation(
            kind: .family, id: UUIDv7(unixMilliseconds: 1, using: &random), expiresAt: UnixTime(seconds: 10),
            reason: .blacklisted)
    }

    private func redemption(_ random: inout SeededGenerator) -> Redemption {
        let ids = (0..<4).map { _ in UUIDv7(unixMilliseconds: 1, using: &random) }
        return Redemption(
            family: ids[0], expectedRevision: 0, generation: 0, tokenID: ids[1], redeemedAt: UnixTime(seconds: 1),
            successor: Successor(accessID: ids[2], refreshID: ids[3], accessExpiresAt: 2, refreshExpiresAt: 3),
            expiresAt: UnixTime(seconds: 4))
    }

    @Test("A random history: one completion each, in time; nothing acknowledged that is not stored and in force")
    func history() {
        let seed = UInt64.random(in: .min ... .max)
        var random = SeededGenerator(seed: seed)
        let ledger = Ledger()
        var desk = WriteDesk(instance: "one", apply: ledger.apply)
        var stored: [String: UInt64] = [:]
        var flying: [(due: Int64, token: AttemptToken, outcome: PublishOutcome)] = []
        var started: [Int: Int64] = [:]
        var ids: [Int: [UUIDv7]] = [:]
        var now: Int64 = 0
        var late: [Int] = []

        for step in 0..<20_000 {
            now += Int64(random.next() % 20)
            if step < 15_000, random.next() % 4 == 0 {
                started[step] = now
                if random.next() % 2 == 0 {
                    desk.redeem(redemption(&random), now: now) { outcome in
                        ledger.redeemed[step, default: []].append(outcome)
                    }
                } else {
                    let pair = [revocation(&random), revocation(&random)]
                    ids[step] = pair.map(\.id)
                    desk.revoke(pair, now: now) { ledger.revoked[step, default: []].append($0) }
                }
            }
            for send in desk.takeSends() {
                if random.next() % 4 == 0 {
                    desk.unreached(send.token, now: now)
                    continue
                }
                guard random.next() % 5 > 0 else { continue }
                guard case .publish(let subject, _, _, _) = send.content else { continue }
                stored[subject] = stored[subject] ?? UInt64(stored.count + 1)
                guard random.next() % 5 > 0 else { continue }
                let outcome: PublishOutcome =
                    random.next() % 10 == 0 ? .busy("x") : .stored(sequence: stored[subject] ?? 0)
                flying.append((now + Int64(random.next() % 3_000), send.token, outcome))
            }
            while let index = flying.firstIndex(where: { $0.due <= now }) {
                let answer = flying.remove(at: index)
                desk.published(answer.token, answer.outcome, now: now)
            }
            if let deadline = desk.nextDeadline, deadline <= now { desk.tick(now: now) }
            // A step is as long as this.
            let limit = LedgerTimes.longest.requestMilliseconds + 20
            for (request, time) in started where now - time > limit {
                if ledger.redeemed[request] == nil && ledger.revoked[request] == nil { late.append(request) }
                started[request] = nil
            }
        }
        #expect(late.isEmpty, "seed \(seed)")
        #expect(ledger.redeemed.values.allSatisfy { $0.count == 1 }, "seed \(seed)")
        #expect(ledger.revoked.values.allSatisfy { $0.count == 1 }, "seed \(seed)")
        for (request, outcomes) in ledger.revoked where outcomes == [.revoked] {
            for id in ids[request] ?? [] {
                #expect(stored[LedgerSubject.revoked(id)] != nil && ledger.applied.contains(id), "seed \(seed)")
            }
        }
        #expect(ledger.revoked.values.contains([.revoked]) && ledger.redeemed.count > 1_000)
        #expect(desk.count == 0, "seed \(seed)")
    }

    @Test("A late success to an earlier attempt is a success")
    func lateSuccess() throws {
        var random = SeededGenerator(seed: 1)
        let ledger = Ledger()
        var desk = WriteDesk(instance: "one", apply: ledger.apply)
        desk.redeem(redemption(&random), now: 0) { ledger.redeemed[0, default: []].append($0) }
        let first = try #require(desk.takeSends().first)
        desk.tick(now: LedgerTimes.longest.attemptMilliseconds)
        desk.published(first.token, .stored(sequence: 5), now: LedgerTimes.longest.attemptMilliseconds + 1)
        #expect(ledger.redeemed[0] == [.redeemed(revision: 5)])
    }

    @Test("A redemption that is stored where the stream had been before it was sent is none; a revocation is one")
    func receded() throws {
        for (sequence, isGood) in [(7, false), (8, false), (9, true)] as [(UInt64, Bool)] {
            var random = SeededGenerator(seed: 1)
            let (ledger, told) = (Ledger(), Slot<Bool>())
            var desk = WriteDesk(instance: "one", apply: ledger.apply, looksReceded: { told.put(true) })
            desk.highestSeen = 8
            desk.redeem(redemption(&random), now: 0) { ledger.redeemed[0, default: []].append($0) }
            desk.revoke([revocation(&random)], now: 0) { ledger.revoked[1, default: []].append($0) }
            // What is seen later is not held against it.
            desk.highestSeen = 20
            for send in desk.takeSends() { desk.published(send.token, .stored(sequence: sequence), now: 1) }
            #expect((ledger.redeemed[0] == [.redeemed(revision: sequence)]) == isGood)
            #expect(ledger.redeemed[0]?.count == 1 && ledger.revoked[1] == [.revoked])
            #expect(told.take() == (isGood ? nil : true) && desk.hasReceded != isGood)
        }
    }

    @Test("A record that was stored later than one further behind is not answered from, but read again")
    func misplaced() throws {
        var random = SeededGenerator(seed: 1)
        let (ledger, told) = (Ledger(), Slot<Bool>())
        var desk = WriteDesk(instance: "one", apply: ledger.apply, looksReceded: { told.put(true) })
        desk.delivered = .init(sequence: 20, time: 1_000)
        let mine = redemption(&random)
        desk.redeem(mine, now: 0) { ledger.redeemed[0, default: []].append($0) }
        desk.published(try #require(desk.takeSends().first).token, .wrongLastSequence, now: 1)
        let record = FamilyRecord.redeemed(redemption(&random), revision: 7)
        func read(at time: UInt64, now: Int64) throws {
            let send = try #require(desk.takeSends().first)
            #expect(send.isRead)
            desk.lastRecord(send.token, .success(.init(record: record, position: .init(sequence: 7, time: time))), now: now)
        }
        try read(at: 1_001, now: 2)
        #expect(ledger.redeemed[0] == nil && told.take() == true && !desk.hasReceded)
        let due = try #require(desk.nextDeadline)
        desk.tick(now: due)
        try read(at: 999, now: due)
        #expect(ledger.redeemed[0] == [.conflict(record)] && told.take() == nil)
    }

    @Test("Once something was stored where the stream had been, no redemption counts, wherever it is stored, until the stream is followed anew")
    func recededBefore() throws {
        var random = SeededGenerator(seed: 1)
        let ledger = Ledger()
        var desk = WriteDesk(instance: "one", apply: ledger.apply)
        desk.highestSeen = 8
        func redeem(_ number: Int, now: Int64) throws -> AttemptToken {
            desk.redeem(redemption(&random), now: now) { ledger.redeemed[number, default: []].append($0) }
            return try #require(desk.takeSends().last).token
        }
        let (first, second, third) = (try redeem(0, now: 0), try redeem(1, now: 0), try redeem(2, now: 0))
        desk.published(first, .stored(sequence: 8), now: 1)
        desk.published(second, .stored(sequence: 9), now: 1)
        #expect(desk.hasReceded)
        #expect(ledger.redeemed[1] == [.unavailable(WriteDesk.receding)])
        // Nor what is read.
        desk.published(third, .wrongLastSequence, now: 1)
        let read = try #require(desk.takeSends().first)
        let record = FamilyRecord.redeemed(redemption(&random), revision: 7)
        desk.lastRecord(read.token, .success(.init(record: record, position: .init(sequence: 7, time: 1))), now: 2)
        #expect(ledger.redeemed[2] == nil)

        // Found by the follower in the same turn, and not yet told: what comes now is the old stream's fault, not the new one's.
        let late = try redeem(4, now: 1)
        desk.published(late, .stored(sequence: 7), now: 2)
        #expect(desk.recededStream == 0)
        desk.timesReplaced = 1
        #expect(!desk.hasReceded)
        desk.published(try redeem(3, now: 2), .stored(sequence: 10), now: 3)
        #expect(ledger.redeemed[3] == [.redeemed(revision: 10)])
    }

    @Test("A record is held against what was delivered when the request came, and not against the new stream's own")
    func misplacedBefore() throws {
        var random = SeededGenerator(seed: 1)
        let ledger = Ledger()
        let record = FamilyRecord.redeemed(redemption(&random), revision: 7)
        for isReplaced in [false, true] {
            var desk = WriteDesk(instance: "one", apply: ledger.apply)
            desk.delivered = .init(sequence: 20, time: 1_000)
            let number = isReplaced ? 1 : 0
            desk.redeem(redemption(&random), now: 0) { ledger.redeemed[number, default: []].append($0) }
            desk.published(try #require(desk.takeSends().first).token, .wrongLastSequence, now: 1)
            desk.delivered = .init(sequence: 21, time: 2_000)
            // That is known then, and what is answered is up to others.
            if isReplaced { desk.timesReplaced = 1 }
            let read = try #require(desk.takeSends().first)
            desk.lastRecord(read.token, .success(.init(record: record, position: .init(sequence: 7, time: 1_500))), now: 2)
        }
        #expect(ledger.redeemed[0] == nil && ledger.redeemed[1] == [.conflict(record)])
    }

    @Test("With no room in this replica's blacklist nothing is stored, and nothing acknowledged")
    func noRoom() {
        var random = SeededGenerator(seed: 2)
        let ledger = Ledger()
        ledger.isFull = true
        var desk = WriteDesk(instance: "one", apply: ledger.apply)
        desk.revoke([revocation(&random)], now: 0) { ledger.revoked[0, default: []].append($0) }
        #expect(desk.takeSends().isEmpty)
        guard case .unavailable = ledger.revoked[0]?.first else {
            Issue.record("acknowledged what is not in force here")
            return
        }
    }

    @Test("What reached nobody goes out again soon, and what takes its place is stored")
    func unreached() throws {
        var random = SeededGenerator(seed: 7)
        let ledger = Ledger()
        var desk = WriteDesk(instance: "one", apply: ledger.apply)
        desk.redeem(redemption(&random), now: 0) { ledger.redeemed[0, default: []].append($0) }
        desk.revoke([revocation(&random)], now: 0) { ledger.revoked[1, default: []].append($0) }
        let first = desk.takeSends()
        for send in first { desk.unreached(send.token, now: 1) }
        let due = try #require(desk.nextDeadline)
        #expect(due <= 100)
        desk.tick(now: due)
        let again = desk.takeSends()
        #expect(again.map(\.content) == first.map(\.content))
        // What is told late of the first attempts is nobody's any more.
        for send in first { desk.unreached(send.token, now: due) }
        for send in again { desk.published(send.token, .stored(sequence: 3), now: due + 1) }
        #expect(ledger.redeemed[0] == [.redeemed(revision: 3)] && ledger.revoked[1] == [.revoked])
    }

    @Test("While nobody takes anything, a full desk sends no more than the server stores, and each is answered in time")
    func nobodyForLong() {
        var random = SeededGenerator(seed: 8)
        let ledger = Ledger()
        var desk = WriteDesk(instance: "one", apply: ledger.apply)
        for number in 0..<1_000 {
            desk.redeem(redemption(&random), now: 0) { ledger.redeemed[number, default: []].append($0) }
        }
        var sent = 0
        var now: Int64 = 0
        while now <= LedgerTimes.longest.requestMilliseconds {
            for send in desk.takeSends() {
                sent += 1
                desk.unreached(send.token, now: now)
            }
            now = max(now + 1, desk.nextDeadline ?? now + 1)
            desk.tick(now: now)
        }
        #expect(ledger.redeemed.count == 1_000 && desk.count == 0)
        #expect(sent <= 12 * 1_000, "\(sent) sends")
    }

    @Test("What waited for a blocked loop has less time left, or none: then nothing of it is sent, nor put in force")
    func askedBefore() {
        var random = SeededGenerator(seed: 9)
        let ledger = Ledger()
        let whole = LedgerTimes.longest.requestMilliseconds
        var desk = WriteDesk(instance: "one", apply: ledger.apply)
        desk.redeem(redemption(&random), askedAt: 100, now: 100 + whole) { ledger.redeemed[0, default: []].append($0) }
        desk.revoke([revocation(&random)], askedAt: 100, now: 100 + whole) { ledger.revoked[1, default: []].append($0) }
        #expect(desk.takeSends().isEmpty && ledger.applied.isEmpty && desk.count == 0)
        guard case .unavailable = ledger.redeemed[0]?.first, case .unavailable = ledger.revoked[1]?.first else {
            Issue.record("not answered")
            return
        }
        // One that is asked for later, and taken up first, does not hold up the other.
        desk.redeem(redemption(&random), now: 10_000) { ledger.redeemed[2, default: []].append($0) }
        desk.redeem(redemption(&random), askedAt: 8_000, now: 10_000) { ledger.redeemed[3, default: []].append($0) }
        for send in desk.takeSends() { desk.sent(send.token, through: 1) }
        desk.tick(now: 8_000 + whole)
        #expect(ledger.redeemed[3]?.count == 1)
        #expect(ledger.redeemed[2] == nil)
    }

    @Test("Before a block it answers what would come due in it, sends nothing more of it, and keeps the rest")
    func blocks() {
        var random = SeededGenerator(seed: 10)
        let ledger = Ledger()
        let whole = LedgerTimes.longest.requestMilliseconds
        var desk = WriteDesk(instance: "one", apply: ledger.apply)
        desk.redeem(redemption(&random), now: 0) { ledger.redeemed[0, default: []].append($0) }
        desk.redeem(redemption(&random), now: 1_500) { ledger.redeemed[1, default: []].append($0) }
        desk.willBlock(milliseconds: 2_000, now: whole - 1_000)
        guard case .unavailable = ledger.redeemed[0]?.first else {
            Issue.record("left to come due while nothing is called")
            return
        }
        #expect(ledger.redeemed[1] == nil && desk.takeSends().map(\.token.request) == [2])
    }

    @Test("A session's end is the end of the wait for what went out through it, and for nothing else")
    func sessionEnds() throws {
        var random = SeededGenerator(seed: 5)
        let ledger = Ledger()
        var desk = WriteDesk(instance: "one", apply: ledger.apply)
        for number in 0..<2 { desk.redeem(redemption(&random), now: 0) { ledger.redeemed[number, default: []].append($0) } }
        let sends = desk.takeSends()
        desk.sent(sends[0].token, through: 1)
        desk.sent(sends[1].token, through: 2)
        desk.sessionEnded(1, now: 10)
        desk.tick(now: 10 + LedgerTimes.pause(afterTries: 1))
        let again = desk.takeSends()
        #expect(again.map(\.token.request) == [sends[0].token.request])
        #expect(again.map(\.content) == [sends[0].content])
        desk.published(sends[1].token, .stored(sequence: 7), now: 20)
        #expect(ledger.redeemed == [1: [.redeemed(revision: 7)]])
    }

    @Test("Closed, it completes all that is left, as not known")
    func closes() {
        var random = SeededGenerator(seed: 6)
        let ledger = Ledger()
        var desk = WriteDesk(instance: "one", apply: ledger.apply)
        desk.redeem(redemption(&random), now: 0) { ledger.redeemed[0, default: []].append($0) }
        desk.revoke([revocation(&random), revocation(&random)], now: 0) { ledger.revoked[0, default: []].append($0) }
        desk.close()
        guard case .unavailable = ledger.redeemed[0]?.first, case .unavailable = ledger.revoked[0]?.first else {
            Issue.record("left open")
            return
        }
        #expect(ledger.redeemed[0]?.count == 1 && ledger.revoked[0]?.count == 1 && desk.count == 0)
    }

    @Test("What is published again by another request is no duplicate of the first")
    func messageIDs() {
        var random = SeededGenerator(seed: 3)
        let ledger = Ledger()
        var desk = WriteDesk(instance: "one", apply: ledger.apply)
        let same = revocation(&random)
        desk.revoke([same], now: 0) { _ in }
        desk.revoke([same], now: 0) { _ in }
        let identifiers = desk.takeSends().compactMap { send -> String? in
            guard case .publish(_, _, let identifier, _) = send.content else { return nil }
            return identifier
        }
        #expect(Set(identifiers).count == 2)
    }

    @Test("Full, it refuses at once")
    func capacity() {
        var random = SeededGenerator(seed: 4)
        let ledger = Ledger()
        var desk = WriteDesk(instance: "one", apply: ledger.apply)
        let one = redemption(&random)
        for _ in 0..<WriteDesk.capacity { desk.redeem(one, now: 0) { _ in } }
        desk.redeem(one, now: 0) { ledger.redeemed[0, default: []].append($0) }
        guard case .unavailable = ledger.redeemed[0]?.first else {
            Issue.record("one more than the capacity was taken")
            return
        }
    }
}
