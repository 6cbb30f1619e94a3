/// How long the ledger waits for what, in milliseconds. Related: an attempt fits several times into the whole.
package enum LedgerTimes {
    /// One publish, one read: an answer that takes longer is lost or late. A server that is alone answers in well under
    /// a millisecond; with `sync_interval: always` and a queue of writes in some hundred.
    package static let attemptMilliseconds: Int64 = 2_000
    /// A request as a whole: what its caller waits for at the most. Well below the grace period (10 s by default): who is
    /// told 503 because an answer was lost repeats the refresh, and has to find himself within the grace of a redemption
    /// that was stored all the same. An election takes 4 to 9 s, so the loss of a leader is an error for some.
    package static let requestMilliseconds: Int64 = 5_000
    /// Before another try: the first one, and twice as long each time, so that what is sent in vain is bounded, whatever
    /// waits: a full desk's writes would be 1.3 million a second at 50 ms.
    package static let retryPausesMilliseconds: [Int64] = [50, 100, 200, 400, 800]

    /// - Parameter tries: in vain so far, at least one.
    static func pause(afterTries tries: Int) -> Int64 {
        retryPausesMilliseconds[min(max(tries, 1), retryPausesMilliseconds.count) - 1]
    }
}
