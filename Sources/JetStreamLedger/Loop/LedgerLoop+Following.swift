import Blacklist
import NATSTransport
import StrictJSON
import Synchronization
import TokenOperations

/// The stream's revocations on their way into the blacklists.
extension LedgerLoop {
    func follow(_ event: FollowEvent) {
        for action in following.handle(event, now: now) { perform(action) }
    }

    private func perform(_ action: FollowAction) {
        switch action {
        case .askForStream:
            ask(.streamInformation, for: .following(action))
        case .writeFence:
            ask(.fence, for: .following(action))
        case .askForRecord(let sequence):
            ask(.record(at: sequence), for: .following(action))
        case .askForAnchor(let id):
            ask(.lastRecord(of: LedgerSubject.revoked(id)), for: .following(action))
        case .createConsumer(let number, let sequence):
            guard let feed = context.openFeed() else { return }
            let request = JetStreamRequest.createConsumer(
                name: consumers.name(number), deliverSubject: feed, afterSequence: sequence)
            ask(request, for: .following(action))
        case .deleteConsumer(let number):
            let request = JetStreamRequest.deleteConsumer(name: consumers.name(number))
            _ = context.publish(request.subject, request.body.rawSpan)
        case .apply:
            // Whoever hands in a delivery applies it.
            break
        case .republish(let reason):
            repair(.lost(reason))
        case .checkStream:
            start(.check)
        }
    }

    func answered(_ action: FollowAction, _ body: RawSpan) {
        do throws(JetStreamError) {
            follow(try event(for: action, body))
        } catch {
            if error.errorCode == JetStreamError.streamNotFound { return follow(.streamMissing) }
            tell("the ledger cannot be followed: \(error)")
            follow(.failed)
        }
    }

    /// Whether the stream still keeps what the ledger promises: an operator can change it, or make another one, at any
    /// time. What would forget is not answered from, until the check has found it mended, or has mended it.
    private func stillFits(_ found: StreamConfiguration) -> Bool {
        var wanted = wanted
        // More servers, or fewer, forget nothing by themselves.
        wanted.replicas = found.replicas
        switch wanted.verdict(on: found) {
        case .fits: return true
        case .raiseMaxAge:
            mayHaveForgotten = true
            return false
        case .refuse(let difference):
            guard wanted.mayForget(as: found) else {
                // A replica that starts now is refused. This one would lose its users' log-ins by stopping, and gain nothing.
                tell("the stream was changed, and loses nothing by it; but no replica can start on it: \(difference)")
                return true
            }
            (isMisfit, mayHaveForgotten) = (true, true)
            return false
        }
    }

    private func event(for action: FollowAction, _ body: RawSpan) throws(JetStreamError) -> FollowEvent {
        switch action {
        case .askForStream:
            // Without a leader nothing that is told is sure.
            let information = try JetStreamReply.stream(body)
            guard stillFits(information.configuration) else { return .streamMissing }
            guard let state = information.state else { return .failed }
            heard(serverTime: state.time)
            return .stream(state)
        case .writeFence: return .fenceWritten(JetStreamReply.published(body))
        case .askForRecord: return .record(try JetStreamReply.record(body)?.position)
        case .askForAnchor: return .anchor(try JetStreamReply.record(body)?.position)
        case .createConsumer:
            try JetStreamReply.done(body)
            return .consumerCreated
        case .deleteConsumer, .apply, .republish, .checkStream:
            return .failed
        }
    }

    func heard(serverTime milliseconds: Int64) {
        serverTime = UnixTime(milliseconds: milliseconds)
        repair(.serverTime(milliseconds, askedAt: askedAt))
    }

    // MARK: What the consumer pushes

    func fed(_ message: borrowing Message, isRecord: Bool) {
        guard isRecord else { return heard(message) }
        guard let reply = message.replySubject, let delivery = deliveries.read(reply) else { return }
        catchUp.delivered(at: context.now)
        let id = LedgerSubject.revokedID(message.subject)
        for action in following.handle(.delivered(delivery, id: id), now: now) {
            if action == .apply { apply(message, id, delivery) } else { perform(action) }
        }
    }

    private func heard(_ message: borrowing Message) {
        let word = ConsumerWord(message)
        if let question = word.question { _ = context.publish(question, RawSpan()) }
        if let sent = word.lastConsumerSequence {
            follow(.heartbeat(number: following.consumerNumber, lastConsumerSequence: sent))
        }
    }

    private func apply(_ message: borrowing Message, _ id: UUIDv7?, _ delivery: Delivery) {
        guard let id else {
            if !LedgerSubject.isFence(message.subject) { tellUnreadable(message, "its subject names no id") }
            return
        }
        do throws(RecordError) {
            insert(try RevocationRecord.decode(message.payload, id: id))
        } catch {
            tellUnreadable(message, error.description)
            // Whatever it says: an id that stands here is not to be believed.
            let stored = Int64(clamping: delivery.time / 1_000_000)
            let expiresAt = UnixTime(milliseconds: stored + configuration.recordLifetime * 1_000)
            for kind in [Revocation.Kind.family, .accessToken] {
                insert(Revocation(kind: kind, id: id, expiresAt: expiresAt, reason: .blacklisted))
            }
        }
    }

    private func tellUnreadable(_ message: borrowing Message, _ reason: String) {
        let count = counters.unreadable.add(1, ordering: .relaxed).newValue
        // A line for every doubling: a stream can be full of them.
        guard count & (count - 1) == 0 else { return }
        onEvent(.unreadable(subject: message.subject.string, reason: reason, count: count))
    }

    private func insert(_ revocation: Revocation) {
        // A stream keeps its records longer than most of them matter. The server's clock first, which is at hand.
        if let serverTime, revocation.expiresAt <= serverTime, revocation.expiresAt <= clock() { return }
        do throws(BlacklistError) {
            try writer.insertSoon(revocation)
        } catch {
            lackRoom(error)
        }
    }

    /// What has been followed in this turn is in the blacklists from here on.
    func insertFollowed() {
        do throws(BlacklistError) {
            try writer.insertAwaited()
        } catch {
            lackRoom(error)
        }
    }

    /// A revocation that is known to others and does not fit here: to go on would be to forget it. Nothing is answered
    /// until a replay from the beginning has found room for all.
    private func lackRoom(_ error: BlacklistError) {
        guard roomAwaited == nil else { return }
        roomAwaited = now + Self.roomMilliseconds
        onEvent(.full(error.description))
    }

    /// Long enough for the log to stay readable; what has expired meanwhile makes room.
    private static let roomMilliseconds: Int64 = 10_000

    func lookForRoom() {
        roomAwaited = nil
        if let time = expiryTime { writer.removeExpired(at: time) }
        for action in following.replay(now: now) { perform(action) }
    }
}
