/// In milliseconds.
enum FollowTimes {
    /// The server is asked for a heartbeat of the consumer this often; two lost ones are silence.
    static let heartbeat: Int64 = 1_000
    static let silence: Int64 = 2_500
    /// How long an answer is waited for, at the most, and at first: what is asked while servers find each other again is lost,
    /// and a server that is slow is waited for twice as long each time.
    static let answer: Int64 = 2_000
    static let firstAnswer: Int64 = 500
    /// After a question that was answered with an error.
    static let pause: Int64 = 250
    /// From one look at the stream to the next, while following. A leader of three hears its followers every second or
    /// two (measured on 2.15.1), so what a look proves is some 2 s old already.
    static let look: Int64 = 2_000
    /// What looks like a stream that has lost something is looked at again before it is believed.
    static let doubt: Int64 = 1_000
    /// For so long the end of a stream that takes no writes stands still before it is believed to be its end: a leader that is
    /// only slow has come to it by then.
    static let still: Int64 = 4_000
    /// A consumer that ought to deliver and does not for this long is started anew.
    static let stall: Int64 = 5_000
    /// No other leader can have been elected in less than this (nats-server's shortest election timeout).
    static let election: Int64 = 4_000

    /// How long the answer to the making of a consumer is waited for. The server counts what it will deliver before it
    /// answers, subject by subject: 12 s for ten million on a busy machine, and whoever gives up and asks again has it count
    /// from the beginning, for ever. 5 us a record, and no more than a minute: many of the sequences may be gone.
    ///
    /// - Parameters:
    ///   - applied: after which it goes on; 0 for the beginning.
    ///   - answer: how long any other answer is waited for.
    static func creation(on state: StreamState, after applied: UInt64, answer: Int64) -> Int64 {
        let records = state.lastSequence - min(max(state.firstSequence, applied), state.lastSequence)
        return answer + Int64(min(records / 200, 60_000))
    }

    /// Several looks fit into the bound, so that a lost answer costs nothing.
    static func look(maxStaleness: Int64) -> Int64 { min(look, maxStaleness / 5) }
}
