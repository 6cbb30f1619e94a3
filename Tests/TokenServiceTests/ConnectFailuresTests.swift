import Testing

@testable import TokenService

@Suite("A server that is away for long does not fill the log")
struct ConnectFailuresTests {
    @Test("The first failure is told, then one an interval, another reason at once, and the first after a connection again")
    func admission() {
        let failures = ConnectFailures()
        let start = ContinuousClock.now
        #expect(failures.admit("away", at: start) == 1)
        for second in 1..<30 { #expect(failures.admit("away", at: start + .seconds(second)) == nil) }
        #expect(failures.admit("away", at: start + .seconds(30)) == 31)
        #expect(failures.admit("refused", at: start + .seconds(30)) == 32)
        failures.end()
        #expect(failures.admit("away", at: start + .seconds(31)) == 1)
    }
}
