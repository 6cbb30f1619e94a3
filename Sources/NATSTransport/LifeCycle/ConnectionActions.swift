/// What the loop is to do after an event. A set and not a list, so that a turn allocates nothing; the loop performs
/// its members in the order in which they stand here.
struct ConnectionActions: OptionSet, Sendable {
    let rawValue: UInt32

    /// Give up the TCP session, whatever is unsent.
    static let closeSession = ConnectionActions(rawValue: 1 << 0)
    /// The session that was about to be left is the session again.
    static let restorePredecessor = ConnectionActions(rawValue: 1 << 1)
    /// Subscribe to the loop's own inbox. First of all in every session.
    static let subscribeInbox = ConnectionActions(rawValue: 1 << 2)
    /// Subscribe to the endpoints without a queue group.
    static let subscribeAlways = ConnectionActions(rawValue: 1 << 3)
    /// Subscribe to the endpoints with a queue group.
    static let joinGroup = ConnectionActions(rawValue: 1 << 4)
    /// Drain the subscriptions with a queue group: what the server has already chosen us for is still answered.
    static let leaveGroup = ConnectionActions(rawValue: 1 << 5)
    /// Drain every subscription but the inbox.
    static let leaveAll = ConnectionActions(rawValue: 1 << 6)
    /// Answers go out through the session from now on, and no longer through its predecessor.
    static let redirectAnswers = ConnectionActions(rawValue: 1 << 7)
    /// The same. Drain every subscription of the predecessor but its inbox, and publish `Predecessor.echo` there.
    static let leavePredecessor = ConnectionActions(rawValue: 1 << 8)
    /// The server has confirmed the leaving: nothing more will come in on the drained subscriptions.
    static let forgetDrained = ConnectionActions(rawValue: 1 << 9)
    /// Publish `lastEchoSent` to the loop's own inbox.
    static let sendEcho = ConnectionActions(rawValue: 1 << 10)
    static let pauseReading = ConnectionActions(rawValue: 1 << 11)
    static let resumeReading = ConnectionActions(rawValue: 1 << 12)
    static let reportJoined = ConnectionActions(rawValue: 1 << 13)
    static let reportLeft = ConnectionActions(rawValue: 1 << 14)
    /// Give up the predecessor.
    static let dropPredecessor = ConnectionActions(rawValue: 1 << 15)
    /// Connect a second session now, which becomes the session and the present one its predecessor, and answer with
    /// `moveSucceeded` or `moveFailed`. Blocks like `connect`.
    static let moveOver = ConnectionActions(rawValue: 1 << 16)
    /// Connect now, and answer with `connectSucceeded` or `connectFailed`. Last, because it blocks.
    static let connect = ConnectionActions(rawValue: 1 << 17)
    /// The life is over; `outcome` says how.
    static let finish = ConnectionActions(rawValue: 1 << 18)
}

/// What the loop tells the machine. Times are monotonic nanoseconds.
enum ConnectionEvent: Sendable, Equatable {
    case started
    case connectSucceeded
    /// The session's bytes are TLS records.
    case foundEncrypted
    case connectFailed
    case sessionLost
    /// The server refused a subscription of this session.
    case subscriptionRefused
    /// The echo with this number has come back.
    case echoReturned(UInt64)
    /// The session's server is about to stop.
    case lameDuck
    case moveSucceeded
    case moveFailed
    /// The same for the predecessor, the session that is being left.
    case predecessorEchoReturned(UInt64)
    case predecessorLost
    case predecessorTurnEnded(bufferedBytes: Int)
    case servingWished(Bool)
    case drainRequested(deadline: UInt64)
    /// The end of every turn: unsent bytes, and answers that handlers still owe (`DeferredReply`) or that wait for a
    /// connection.
    case turnEnded(bufferedBytes: Int, owedReplies: Int)
}
