import Testing

@testable import JetStreamLedger

@Suite("Who was not there counts his proofs only between two looks at a whole epoch")
struct CountedProofsTests {
    private let whole = LedgerEpoch(state: .whole, name: "x.1")
    private let repairing = LedgerEpoch(state: .repairing, name: "x.2")

    private func proofs(maxStaleness: Int64 = 15_000) -> CountedProofs { CountedProofs(maxStaleness: maxStaleness) }

    /// Current as of 100.
    private func current(maxStaleness: Int64 = 15_000) -> CountedProofs {
        var proofs = proofs(maxStaleness: maxStaleness)
        proofs.looked(whole, askedAt: 1, now: 2)
        #expect(proofs.proven(100, now: 101) == true)
        proofs.looked(whole, askedAt: 102, now: 103)
        #expect(proofs.provenAt == 100)
        return proofs
    }

    @Test("One look before it and one behind it, of the same name")
    func between() {
        var proofs = proofs()
        proofs.looked(whole, askedAt: 1, now: 10)
        #expect(proofs.proven(20, now: 30) == true)
        #expect(proofs.provenAt == nil)
        // Asked for before the proof was there: something may have been lost in between.
        var early = proofs
        early.looked(whole, askedAt: 29, now: 31)
        #expect(early.provenAt == nil)
        early.looked(whole, askedAt: 31, now: 33)
        #expect(early.provenAt == 20)
        var renamed = proofs
        renamed.looked(LedgerEpoch(state: .whole, name: "x.9"), askedAt: 30, now: 31)
        #expect(renamed.provenAt == nil)
        proofs.looked(LedgerEpoch(state: .presumed, name: "x.1"), askedAt: 30, now: 31)
        #expect(proofs.provenAt == 20)
    }

    @Test("Nothing counts that was proven before the epoch was found whole, without one, or while others repair")
    func incomplete() {
        var proofs = proofs()
        #expect(proofs.proven(5, now: 6) == true)
        proofs.looked(whole, askedAt: 7, now: 10)
        #expect(proofs.provenAt == nil)
        var time: Int64 = 1_000
        for epoch in [nil, repairing] {
            time += 100
            #expect(proofs.proven(time, now: time + 1) == true)
            proofs.looked(epoch, askedAt: time + 2, now: time + 3)
            #expect(proofs.provenAt == nil)
        }
        proofs.looked(whole, askedAt: 2_000, now: 2_001)
        #expect(proofs.proven(2_002, now: 2_003) == true)
        #expect(proofs.provenAt == nil)
        proofs.looked(whole, askedAt: 2_003, now: 2_004)
        #expect(proofs.provenAt == 2_002)
    }

    @Test("A lost epoch in between makes the proof of before worthless, also when it is back under its name")
    func interrupted() {
        var proofs = proofs()
        proofs.looked(whole, askedAt: 1, now: 2)
        #expect(proofs.proven(3, now: 4) == true)
        proofs.looked(nil, askedAt: 5, now: 6)
        proofs.looked(whole, askedAt: 7, now: 8)
        proofs.looked(whole, askedAt: 9, now: 10)
        #expect(proofs.provenAt == nil)
    }

    @Test("Proofs that come while one waits do not put it off")
    func steady() {
        var proofs = proofs()
        proofs.looked(whole, askedAt: 1, now: 2)
        #expect(proofs.proven(10, now: 11) == true)
        #expect(proofs.proven(20, now: 21) == false)
        #expect(proofs.proven(30, now: 31) == false)
        proofs.looked(whole, askedAt: 12, now: 32)
        #expect(proofs.provenAt == 10)
        // From there on they count as they come.
        #expect(proofs.proven(40, now: 41) == false)
        #expect(proofs.provenAt == 40)
    }

    @Test("Who has just become current may not have seen what is lost, and counts as one that comes new")
    func young() {
        for (age, stays) in [(RepairTimes.young - 1, false), (RepairTimes.young, true)] {
            var proofs = current()
            proofs.looked(repairing, askedAt: 103, now: 103 + age)
            #expect(proofs.provenAt == (stays ? 100 : nil))
            #expect(proofs.isUnbroken(at: 103) == stays)
        }
    }

    @Test("Who is current stays so without the epoch, while others repair, and through a replay that is short")
    func unbroken() {
        var proofs = current()
        for time: Int64 in [2_000, 4_000, 6_000] {
            #expect(proofs.proven(time, now: time + 1) == false)
            #expect(proofs.provenAt == time)
        }
        proofs.looked(nil, askedAt: 6_200, now: 6_201)
        #expect(proofs.proven(8_000, now: 8_001) == false)
        #expect(proofs.provenAt == 8_000)
        proofs.looked(repairing, askedAt: 8_200, now: 8_201)
        #expect(proofs.proven(nil, now: 8_300) == false)
        #expect(proofs.provenAt == nil)
        #expect(proofs.proven(9_000, now: 9_001) == false)
        #expect(proofs.provenAt == 9_000)
        #expect(proofs.isUnbroken(at: 9_000 + RepairTimes.chain) && !proofs.isUnbroken(at: 9_001 + RepairTimes.chain))
    }

    @Test("Who was out of sight for long counts as one that comes new; a short bound makes that a shorter time", arguments: [
        (15_000, RepairTimes.chain), (3_000, 3_000),
    ] as [(Int64, Int64)])
    func broken(maxStaleness: Int64, chain: Int64) {
        var proofs = current(maxStaleness: maxStaleness)
        var near = proofs
        #expect(near.proven(100 + chain, now: 200 + chain) == false)
        #expect(near.provenAt == 100 + chain)
        #expect(proofs.proven(101 + chain, now: 200 + chain) == true)
        #expect(proofs.provenAt == 100)
        proofs.looked(repairing, askedAt: RepairTimes.young + 201, now: RepairTimes.young + 202)
        #expect(proofs.provenAt == 100)
    }
}
