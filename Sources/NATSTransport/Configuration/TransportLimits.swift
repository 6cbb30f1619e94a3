/// Every bound of a loop, by name. Relations between them are asserted in `init`, so that a contradiction stops the
/// process at start and not the service at night.
package struct TransportLimits: Sendable {
    /// One attempt to connect, TCP, TLS and `CONNECT` together. It also bounds how long a loop without a connection
    /// takes to notice that it is to stop. Name resolution is not part of it.
    package var connectTimeoutMilliseconds = 2_000
    /// The wait before the first attempt after a loss lies between 0 and this; it then doubles.
    package var firstRetryMilliseconds = 50
    /// The longest wait between two attempts: with it, a server that returns is found well within two seconds.
    package var longestRetryMilliseconds = 1_000

    /// How often the loop sends itself a message through the server.
    package var echoIntervalMilliseconds = 5_000
    /// A message to itself that has not come back for so long means that the session is dead.
    package var echoTimeoutMilliseconds = 10_000

    /// cnats' buffer for one read. A TLS record (16 KiB and its overhead) must fit.
    package var readBufferBytes = 128 * 1_024
    /// Unsent bytes above which no more requests are read: cnats' own outgoing buffer has no bound.
    package var pauseReadingBytes = 4 * 1_024 * 1_024
    /// Unsent bytes below which reading goes on.
    package var resumeReadingBytes = 1 * 1_024 * 1_024
    /// Unsent bytes above which, for `overLimitMilliseconds`, the session is given up.
    package var closeBytes = 32 * 1_024 * 1_024
    package var overLimitMilliseconds = 5_000
    /// With TLS a write that does not fit into the socket blocks, so fewer bytes are let queue up.
    package var pauseReadingBytesTLS = 64 * 1_024

    /// How long the session with a lame server serves on beside the new one, until the whole cluster knows of that. With
    /// the time to connect it should lie within nats-server's `lame_duck_grace_period` (10 s by default).
    package var overlapMilliseconds = 500
    /// How long it is then kept, at most, for requests that were under way to it.
    package var predecessorMilliseconds = 5_000

    /// Late replies that are kept while there is no connection; more are dropped and counted.
    package var parkedReplies = 4_096
    package var parkedReplyBytes = 4 * 1_024 * 1_024

    /// For so long put-off requests are worked on before the socket is looked at again: the longest that an answer which
    /// could be given at once waits for them, and one of them more.
    package var sliceMicroseconds = 200
    /// Requests that an endpoint puts off at the most, and their payloads' bytes; above either, the handler has to refuse.
    package var putOffRequests = 8_192
    package var putOffBytes = 4 * 1_024 * 1_024
    /// How long one is put off at the most. None is put off behind one that has waited for longer, and the handler is told
    /// of it: callers wait for a second or two, and an answer that they do not wait for any more is work done for nobody.
    package var putOffMilliseconds = 500

    /// Messages that one subscription may hold in cnats. Never reached, because each read is followed by a full
    /// drain. cnats multiplies it by 1,024 in an `int`, so 2,000,000 is the highest value that may stand here.
    package var pendingMessages = 1_000_000

    package init() {}

    func validate() {
        precondition(connectTimeoutMilliseconds > 0 && firstRetryMilliseconds > 0)
        precondition(firstRetryMilliseconds <= longestRetryMilliseconds)
        precondition(echoIntervalMilliseconds > 0 && echoTimeoutMilliseconds > 0)
        precondition(overlapMilliseconds >= 0 && predecessorMilliseconds > 0)
        precondition(readBufferBytes >= 32 * 1_024, "a whole TLS record must fit into one read")
        precondition(resumeReadingBytes <= pauseReadingBytes && pauseReadingBytes <= closeBytes)
        precondition(pauseReadingBytesTLS <= pauseReadingBytes)
        precondition(sliceMicroseconds > 0 && putOffRequests > 0 && putOffBytes > 0 && putOffMilliseconds > 0)
        precondition(pendingMessages > 0 && pendingMessages <= 2_000_000)
    }
}
