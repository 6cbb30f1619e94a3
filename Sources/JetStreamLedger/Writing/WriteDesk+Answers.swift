internal import Blacklist
internal import TokenOperations

/// What becomes of what was sent.
extension WriteDesk {
    /// The attempt has gone out; its answer can only come through this session.
    mutating func sent(_ token: AttemptToken, through session: UInt64) {
        guard let request = current(token) else { return }
        request.session = session
    }

    /// The attempt could not go out.
    mutating func notSent(_ token: AttemptToken, now: Int64) {
        fail(token, "no connection to the server", isUnsent: true, now: now)
    }

    /// The attempt has gone out, and surely reached nobody.
    mutating func unreached(_ token: AttemptToken, now: Int64) {
        fail(token, "nobody takes it: the stream is gone, or has no leader at the moment", isUnsent: true, now: now)
    }

    /// The answers that were to come through this session will not. A publish may be stored all the same.
    mutating func sessionEnded(_ session: UInt64, now: Int64) {
        let cut = requests.values.filter { $0.session == session }
        for request in cut.sorted(by: { $0.number < $1.number }) {
            fail(request.token, "the connection was lost", now: now)
        }
    }

    /// The answer to a publish. A late answer to an earlier attempt counts when it is a success: the record is there.
    mutating func published(_ token: AttemptToken, _ outcome: PublishOutcome, now: Int64) {
        guard let request = requests[token.request] else { return }
        if case .stored(let sequence) = outcome {
            stored(sequence)
            if sequence <= request.passed, request.timesReplaced == timesReplaced { receded(isSure: true) }
            if case .revoke(let revocation, _, _) = request.work { revoked(sequence, revocation.id) }
        } else {
            guard request.attempt == token.attempt else { return }
        }
        switch request.work {
        case .redeem: advance(request, .published(outcome), now: now)
        case .revoke: advanceRevoke(request, .published(outcome), now: now)
        }
    }

    /// Whether this attempt asks for a family's last record; false for one that publishes, or is no longer waited for.
    func isReading(_ token: AttemptToken) -> Bool {
        guard let request = current(token), case .redeem(let machine, _) = request.work else { return false }
        return machine.isReading
    }

    /// The answer to `readLast`.
    mutating func lastRecord(_ token: AttemptToken, _ result: Result<FoundFamilyRecord?, RecordError>, now: Int64) {
        guard let request = current(token) else { return }
        switch result {
        case .success(let found?) where isMisplaced(found.position, for: request):
            receded(isSure: false)
            advance(request, .readFailed(Self.receding), now: now)
        case .success(let found): advance(request, .lastRecord(found?.record), now: now)
        case .failure(let error): advance(request, .readFailed(error.description), now: now)
        }
    }

    mutating func tick(now: Int64) {
        expire(now: now)
        while let token = answers.popDue(at: now) {
            fail(token, unanswered, now: now)
        }
        while let token = pauses.popDue(at: now) {
            guard let request = current(token) else { continue }
            switch request.work {
            case .redeem: advance(request, .pauseEnded, now: now)
            case .revoke: advanceRevoke(request, .pauseEnded, now: now)
            }
        }
    }

    /// Stored later than what was delivered from further behind: in a stream that has been cut since. (Or by a leader whose
    /// clock was ahead of the next one's; that passes, and until then it is read again.) Held against what was delivered before
    /// the request as well: what has come since is the new stream's, and says nothing against it.
    private func isMisplaced(_ position: FollowMachine.Position, for request: Request) -> Bool {
        func isOlder(_ delivered: FollowMachine.Position?) -> Bool {
            guard let delivered else { return false }
            return position.sequence <= delivered.sequence && position.time > delivered.time
        }
        return hasReceded || isOlder(delivered) || request.timesReplaced == timesReplaced && isOlder(request.delivered)
    }

    private var unanswered: String { "no answer within \(times.attemptMilliseconds) ms" }

    /// The request whose present attempt this is; nil when it is over, or has gone on to another.
    private func current(_ token: AttemptToken) -> Request? {
        guard let request = requests[token.request], request.attempt == token.attempt else { return nil }
        return request
    }

    /// An attempt that has no answer. A read that was not answered has changed nothing; a publish may have.
    private mutating func fail(_ token: AttemptToken, _ trouble: String, isUnsent: Bool = false, now: Int64) {
        guard let request = current(token) else { return }
        let outcome = isUnsent ? PublishOutcome.unreached(trouble) : .unknown(trouble)
        switch request.work {
        case .redeem(let machine, _) where machine.isReading:
            advance(request, .readFailed(trouble), now: now)
        case .redeem:
            advance(request, .published(outcome), now: now)
        case .revoke:
            advanceRevoke(request, .published(outcome), now: now)
        }
    }
}
