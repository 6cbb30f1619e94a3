/// What a loop has to tell its operator. Called on the loop's thread (`serverError` on a thread of cnats'): do not
/// block there. Never holds a payload or a credential; servers are named without user and password.
package enum LoopEvent: Sendable, Equatable {
    /// `maxPayload`: what the server takes as the payload of a message, in bytes.
    case connected(server: String, session: UInt64, maxPayload: Int)
    case connectFailed(server: String, reason: String)
    /// The server of this session has said that it will stop: the loop moves to another, and serves on meanwhile.
    case lameDuck(server: String, session: UInt64)
    case disconnected(session: UInt64, reason: DisconnectReason)
    /// The server has confirmed the subscriptions of the queue group: requests come in.
    case joined
    /// The queue group has been left, and every request that it had delivered has been handed to the handler.
    case left
    case readingPaused(bufferedBytes: Int)
    case readingResumed
    case subscribeFailed(subject: String, reason: String)
    /// The server does not let this user subscribe to all that it has to. The session is given up, so that others get
    /// the requests, and another is tried: permissions can be mended while this goes on.
    case notPermitted(reason: String)
    /// Such as `Permissions Violation for Publish to …`.
    case serverError(String)
    case closed(CloseOutcome)
}

package enum DisconnectReason: Sendable, Equatable {
    /// The server or the network ended the TCP session, or sent what is not the protocol.
    case connectionLost
    /// The loop's message to itself did not come back in time.
    case echoTimedOut
    /// The server did not take what was sent to it.
    case outputStuck
    /// The server refused a subscription.
    case notPermitted
    /// Its server is about to stop, and another session has taken its place.
    case movedOver
    /// Drained.
    case closed
}

package enum CloseOutcome: Int, Sendable, Equatable {
    /// Every request that had been received is answered, and the server has confirmed that it has the answers.
    case drained
    /// The connection was lost before the server could confirm it.
    case connectionLost
    /// The deadline passed first.
    case timedOut
}
