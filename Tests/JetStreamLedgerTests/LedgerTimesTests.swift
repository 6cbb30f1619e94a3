import Testing
@testable import TokenOperations

@testable import JetStreamLedger

@Suite("Who is told 503, and repeats his refresh at once, finds himself within the grace")
struct LedgerTimesTests {
    @Test("also when the first replica took all its time, and the second one's clock is as far ahead as it may be")
    func graceCoversTheRetry() throws {
        for leeway in Int64(0)...30 {
            var policy = TokenPolicy()
            policy.leeway = leeway
            let shortest = LedgerTimes.shortestGrace(leeway: leeway)
            for grace in shortest...shortest + 60 {
                policy.refreshGrace = grace
                try policy.validate()
                let times = try #require(LedgerTimes(grace: grace, leeway: leeway))
                let takenUp = UnixTime(seconds: 1_000)
                let retry = takenUp.milliseconds + times.requestMilliseconds + LedgerTimes.retryMilliseconds + leeway * 1_000
                #expect(Lifetimes(policy).isWithinGrace(redeemedAt: takenUp, at: UnixTime(milliseconds: retry)))
                #expect(times.attemptMilliseconds * 2 < times.requestMilliseconds)
                #expect(times.requestMilliseconds >= LedgerTimes.shortestRequestMilliseconds)
            }
            #expect(LedgerTimes(grace: shortest - 1, leeway: leeway) == nil)
        }
    }

    @Test("The defaults leave 4.5 s, and a long grace makes nobody wait longer than ever")
    func times() {
        let policy = TokenPolicy()
        let times = LedgerTimes(grace: policy.refreshGrace, leeway: policy.leeway)
        #expect(times?.requestMilliseconds == 4_500 && times?.attemptMilliseconds == 1_800)
        #expect(LedgerTimes(grace: .max, leeway: 0) == .longest)
        #expect(LedgerTimes(grace: 0, leeway: 0) == nil)
    }
}
