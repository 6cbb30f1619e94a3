import Blacklist
import TestSupport
import Testing
import TokenOperations

@testable import JetStreamLedger

@Suite("A refresh token is redeemed once, whatever the network loses")
struct RedeemMachineTests {
    private func redemption(seed: UInt64 = 1, generation: Int64 = 3) -> Redemption {
        var random = SeededGenerator(seed: seed)
        let ids = (0..<4).map { _ in UUIDv7(unixMilliseconds: 1, using: &random) }
        return Redemption(
            family: ids[0], expectedRevision: 7, generation: generation, tokenID: ids[1],
            redeemedAt: UnixTime(seconds: 1),
            successor: Successor(accessID: ids[2], refreshID: ids[3], accessExpiresAt: 2, refreshExpiresAt: 3),
            expiresAt: UnixTime(seconds: 4))
    }

    @Test("A lost answer, and then a conflict with this very redemption: it was stored, and is a success")
    func ownRecord() {
        let own = redemption()
        var machine = RedeemMachine(own, deadline: 5_000)
        #expect(machine.handle(.published(.unknown("lost")), now: 2_000) == .pause(milliseconds: 50))
        #expect(machine.handle(.pauseEnded, now: 2_050) == .publish)
        #expect(machine.handle(.published(.wrongLastSequence), now: 2_060) == .readLast)
        #expect(
            machine.handle(.lastRecord(.redeemed(own, revision: 8)), now: 2_070) == .finish(.redeemed(revision: 8)))
    }

    @Test("A lost answer, and the family has gone on since: unknown, and not a reuse that would cost the family")
    func goneOn() {
        let later = redemption(seed: 2, generation: 4)
        var machine = RedeemMachine(redemption(), deadline: 5_000)
        _ = machine.handle(.published(.unknown("lost")), now: 2_000)
        _ = machine.handle(.pauseEnded, now: 2_050)
        _ = machine.handle(.published(.wrongLastSequence), now: 2_060)
        guard case .finish(.unavailable) = machine.handle(.lastRecord(.redeemed(later, revision: 9)), now: 2_070) else {
            Issue.record("an unknown outcome was taken for a reuse")
            return
        }
        // Without a lost answer the same record is what it looks like.
        var certain = RedeemMachine(redemption(), deadline: 5_000)
        #expect(certain.handle(.published(.wrongLastSequence), now: 10) == .readLast)
        let record = FamilyRecord.redeemed(later, revision: 9)
        #expect(certain.handle(.lastRecord(record), now: 20) == .finish(.conflict(record)))
    }

    @Test("What reached nobody was not stored: a conflict after it is what it looks like, also one with a later generation")
    func unreached() {
        let later = redemption(seed: 2, generation: 4)
        var machine = RedeemMachine(redemption(), deadline: 5_000)
        #expect(machine.handle(.published(.unreached("nobody")), now: 1) == .pause(milliseconds: 50))
        #expect(machine.handle(.pauseEnded, now: 51) == .publish)
        #expect(machine.handle(.published(.wrongLastSequence), now: 60) == .readLast)
        let record = FamilyRecord.redeemed(later, revision: 9)
        #expect(machine.handle(.lastRecord(record), now: 70) == .finish(.conflict(record)))
    }

    @Test("As long as nobody takes it, it is tried ever more rarely, and given up within its deadline")
    func pauses() {
        var machine = RedeemMachine(redemption(), deadline: 5_000)
        var now: Int64 = 0
        var pauses: [Int64] = []
        while case .pause(let milliseconds) = machine.handle(.published(.unreached("nobody")), now: now) {
            pauses.append(milliseconds)
            now += milliseconds
            #expect(machine.handle(.pauseEnded, now: now) == .publish)
        }
        #expect(pauses.prefix(5) == [50, 100, 200, 400, 800] && pauses.count < 12 && now < 5_000)
        #expect(machine.handle(.published(.unreached("nobody")), now: now) == .finish(.unavailable("nobody")))
    }

    @Test("At the deadline it is unavailable, never a success")
    func deadline() {
        var machine = RedeemMachine(redemption(), deadline: 5_000)
        guard case .finish(.unavailable) = machine.handle(.published(.unknown("lost")), now: 4_960) else {
            Issue.record("it went on after its deadline")
            return
        }
    }

    @Test("What trying again does not mend is said at once")
    func refused() {
        var machine = RedeemMachine(redemption(), deadline: 5_000)
        let full = JetStreamError(code: 503, errorCode: 10077, text: "maximum bytes exceeded")
        #expect(
            machine.handle(.published(PublishOutcome(full)), now: 1)
                == .finish(.unavailable("JetStream error 10077: maximum bytes exceeded")))
    }

    @Test(
        "Errors of the server: a lost race, a write in flight, no leader, and the rest",
        arguments: [(10071, 400), (10164, 400), (10163, 503), (10009, 503), (10008, 503), (10077, 503), (10039, 503), (10002, 400)])
    func errors(errorCode: Int64, code: Int64) {
        let outcome = PublishOutcome(JetStreamError(code: code, errorCode: errorCode, text: "x"))
        switch errorCode {
        case 10071: #expect(outcome == .wrongLastSequence)
        case 10077, 10039, 10002: #expect(outcome == .refused("JetStream error \(errorCode): x"))
        default: #expect(outcome == .busy("JetStream error \(errorCode): x"))
        }
    }
}
