enum RepairEvent: Equatable, Sendable {
    /// There is a connection, and the stream is as it should be.
    case connected
    /// As of when the follower has proven that all in the stream is known, nil for never; also when it is the same as before.
    case proven(asOf: Int64?)
    case lost(ReplayReason)
    /// The server's clock, in Unix milliseconds, as it was told in answer to a question.
    case serverTime(Int64, askedAt: Int64)
    /// Answers `askForEpoch`; nil when there is none.
    ///
    /// - Parameter lastRevocation: the sequence of the last one that was delivered: it moves while others publish. What else
    ///   is stored meanwhile is no sign of that. nil while this replica does not follow, and so cannot see it.
    case epoch(FoundEpoch?, lastRevocation: UInt64?)
    /// Answers `writeEpoch`.
    case written(PublishOutcome)
    /// Everything that `publish` asked for is stored.
    case published
    /// The outstanding question was answered with an error, or reached nobody.
    case failed
    case tick
}

enum RepairAction: Equatable, Sendable {
    case askForEpoch
    /// Where the last epoch stands at this sequence, 0 for none.
    case writeEpoch(LedgerEpoch, expecting: UInt64)
    /// Everything that this replica knows and has not expired is to be published again, from the beginning.
    case publish(ReplayReason)
    /// Worth a warning, once until this replica is current again.
    case report(String)
}

/// In milliseconds.
enum RepairTimes {
    static let answer: Int64 = 2_000
    static let pause: Int64 = 1_000
    /// From one look at the epoch to the next; and while it is waited for others.
    static let look: Int64 = 2_000
    static let waitingLook: Int64 = 1_000
    /// An epoch that is gone, or another's, is looked at again before it is believed: a leader that was deposed tells an
    /// old one for a moment.
    static let doubt: Int64 = 500
    /// From one proof to the next of a replica that does not lose sight of the ledger: a look's time, what the leader has heard
    /// of a majority by then, and a second.
    static let chain: Int64 = 5_000
    /// Within this those that were there have found a loss, as a rule.
    static let young: Int64 = 5_000
    /// How long a repair is waited for in which no revocation comes, by one that does not know all: another's, and its own. A replica
    /// that runs finds a loss within some 4 s, one that looks like a leader that was deposed within 6 s.
    static let still: Int64 = 30_000
    static let stillOwn: Int64 = 10_000
    /// And how long one at all: three replicas that publish ten million revocations each, with `sync_interval: always`, take some
    /// 80 minutes.
    static let longest: Int64 = 7_200_000
    /// Between two looks: with more than this between them, time does not count as waiting. One lost answer is less.
    static let gap: Int64 = 6_000
}

enum RepairTrouble {
    static let withoutEpoch = """
        the stream has lost records: they were purged, or it was copied without them. Waiting for replicas that run and \
        know them to publish them again
        """

    static let repairing = """
        what the stream had lost is being published again by the replicas that know it. Others wait for them to end, or, if none \
        does anything, for 10 to 30 s
        """

    static let waiting = """
        the stream has lost records, and this replica may not know all of them: it has just started, or was out of sight of \
        the ledger. Not answering until another has published what it knows, or none does anything for a while
        """

    static let lost = """
        the stream has lost records, and no replica that runs is sure to know them: access tokens that were revoked may \
        be valid again until they expire; refresh tokens from before are refused. Serving from what is there
        """

    static func epochNotTaken(_ text: String) -> String {
        """
        the ledger does not take a write to \(LedgerSubject.epoch): \(text). Until it does, replicas that start do not \
        answer. Make room (max_bytes of the stream, limits of the account, the disk), or see nats-server's log
        """
    }
}
