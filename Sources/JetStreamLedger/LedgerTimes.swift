/// How long the ledger waits for what, in milliseconds. Related: an attempt fits more than twice into the whole.
///
/// The whole follows from the grace period. Who is told 503, because an answer was lost, repeats the refresh, and has to
/// find himself within the grace of a redemption that was stored all the same; otherwise his retry is taken for theft.
/// The grace counts from when the first replica took up the request, by its clock, and ends by that of the replica that
/// takes up the retry: so all that a request may take is what is left of the grace when the clocks' difference and the
/// retry's own way are taken off.
package struct LedgerTimes: Sendable, Equatable {
    /// A request as a whole: what its caller waits for at the most.
    package let requestMilliseconds: Int64
    /// One publish, one read: an answer that takes longer is lost or late. A server that is alone answers in well under
    /// a millisecond; with `sync_interval: always` and a queue of writes in some hundred.
    package let attemptMilliseconds: Int64

    /// An election takes 4 to 9 s, so the loss of a leader is an error for some, with whatever grace; nobody waits longer
    /// for an answer than this.
    package static let longest = LedgerTimes(requestMilliseconds: 5_000)

    /// Below it the second attempt after a lost answer would be no attempt any more.
    static let shortestRequestMilliseconds: Int64 = 1_500
    /// From the answer to the moment at which the retry is taken up: two ways over the bus, and a busy replica's queue.
    static let retryMilliseconds: Int64 = 500

    private init(requestMilliseconds: Int64) {
        self.requestMilliseconds = requestMilliseconds
        attemptMilliseconds = requestMilliseconds * 2 / 5
    }

    /// nil when the grace is too short for anything: see `shortestGrace`.
    ///
    /// - Parameters: in seconds.
    package init?(grace: Int64, leeway: Int64) {
        guard grace >= Self.shortestGrace(leeway: leeway) else { return nil }
        let left = (min(grace - leeway, 3_600)) * 1_000 - Self.retryMilliseconds
        self.init(requestMilliseconds: min(left, Self.longest.requestMilliseconds))
    }

    /// The shortest grace period, in seconds, within which who repeats a refresh is safe.
    ///
    /// - Parameter leeway: how far the clocks of two replicas may be apart, in seconds.
    package static func shortestGrace(leeway: Int64) -> Int64 {
        leeway + (shortestRequestMilliseconds + retryMilliseconds + 999) / 1_000
    }

    /// Before another try: the first one, and twice as long each time, so that what is sent in vain is bounded, whatever
    /// waits: a full desk's writes would be 1.3 million a second at 50 ms.
    package static let retryPausesMilliseconds: [Int64] = [50, 100, 200, 400, 800]

    /// - Parameter tries: in vain so far, at least one.
    static func pause(afterTries tries: Int) -> Int64 {
        retryPausesMilliseconds[min(max(tries, 1), retryPausesMilliseconds.count) - 1]
    }
}
