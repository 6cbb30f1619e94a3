import Testing
import TokenOperations

@Suite("Times out of tokens can be any number, and none traps")
struct UnixTimeTests {
    @Test(
        "Seconds are rounded down, before 1970 too",
        arguments: [(0, 0), (999, 0), (1_000, 1), (-1, -1), (-1_000, -1), (-1_001, -2)] as [(Int64, Int64)])
    func roundsDown(milliseconds: Int64, seconds: Int64) {
        #expect(UnixTime(milliseconds: milliseconds).seconds == seconds)
    }

    @Test("The ends of the range are kept", arguments: [Int64.min, .min + 1, -1, 0, 1, .max - 1, .max])
    func ends(value: Int64) {
        _ = UnixTime(milliseconds: value).seconds
        let fromSeconds = UnixTime(seconds: value)
        #expect((fromSeconds.milliseconds < 0) == (value < 0))
        #expect(abs(Double(fromSeconds.seconds)) <= abs(Double(value)) + 1)
    }
}
