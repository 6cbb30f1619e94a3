internal import NATSTransport
internal import StrictJSON

/// Which records are wanted.
package enum RecordSelection: Sendable {
    case all, revocations, redemptions

    var filter: String {
        switch self {
        case .all: LedgerSubject.all
        case .revocations: LedgerSubject.revocations
        case .redemptions: LedgerSubject.redemptions
        }
    }
}

extension LedgerClient {
    /// Hands out the records in the order of their sequences, each once: those that were there at the call. How, and why
    /// so, is `RecordWalk`'s to say.
    ///
    /// - Parameters:
    ///   - sequence: the first one is behind this.
    ///   - take: false stops.
    ///   - idle: called before every wait for more.
    package func forEachRecord(
        _ selection: RecordSelection, after sequence: UInt64, take: (LedgerEntry) -> Bool, idle: () -> Void
    ) throws(InspectionError) {
        let details = try ask(.streamInformation, JetStreamReply.details)
        var walk = RecordWalk(after: sequence, end: details.lastSequence)
        while !walk.isAtEnd {
            let number = walk.nextConsumer()
            guard walk.failures < Self.attempts else {
                throw InspectionError(.unreachable, "the records stopped coming behind sequence \(walk.last)")
            }
            let feed = try openFeed()
            let pending = try createConsumer(selection.filter, number, feed.subject, after: walk.last)
            defer { delete(number) }
            if walk.created(pending: pending) == .finished { return }
            if try read(feed, &walk, take, idle) { return }
        }
    }

    private static let attempts = 3

    /// Three heartbeats: a consumer that is there is not silent for longer.
    private static let silenceMilliseconds = Int(3 * FollowTimes.heartbeat)

    /// False when another consumer has to go on.
    private func read(
        _ feed: borrowing Feed, _ walk: inout RecordWalk, _ take: (LedgerEntry) -> Bool, _ idle: () -> Void
    ) throws(InspectionError) -> Bool {
        while true {
            guard let message = try next(feed, idle) else { return false }
            guard let reply = message.replySubject, let delivery = Delivery(replySubject: reply, names: consumers) else {
                if try heard(message, walk) == .again { return false }
                continue
            }
            switch walk.delivered(delivery) {
            case .pass: continue
            case .again: return false
            case .finished: return true
            case .take: if !take(LedgerEntry(message, delivery)) { return true }
            case .takeLast:
                _ = take(LedgerEntry(message, delivery))
                return true
            }
        }
    }

    private func next(_ feed: borrowing Feed, _ idle: () -> Void) throws(InspectionError) -> Message? {
        do throws(TransportError) {
            if let message = try feed.next(timeoutMilliseconds: 0) { return message }
            idle()
            return try feed.next(timeoutMilliseconds: Self.silenceMilliseconds)
        } catch {
            throw InspectionError(.unreachable, "the connection was lost: \(error.reason)")
        }
    }

    private func heard(_ message: borrowing Message, _ walk: RecordWalk) throws(InspectionError) -> RecordWalk.Step {
        let word = ConsumerWord(message)
        if let question = word.question {
            do throws(TransportError) {
                try client.publish(question, [], timeoutMilliseconds: Self.answerMilliseconds)
            } catch {
                throw InspectionError(error, asking: question)
            }
        }
        guard let sent = word.lastConsumerSequence else { return .pass }
        return walk.heartbeat(lastConsumerSequence: sent)
    }

    private func openFeed() throws(InspectionError) -> Feed {
        do throws(TransportError) {
            return try client.openFeed()
        } catch {
            throw InspectionError(error, asking: nil)
        }
    }

    private func createConsumer(
        _ filter: String, _ number: UInt64, _ feed: String, after sequence: UInt64
    ) throws(InspectionError) -> UInt64 {
        let request = JetStreamRequest.createConsumer(
            name: consumers.name(number), deliverSubject: feed, afterSequence: sequence == 0 ? nil : sequence,
            filter: filter)
        return try ask(request, JetStreamReply.pending)
    }

    /// For tidiness: it goes by itself some seconds after nobody listens to it.
    func delete(_ number: UInt64) {
        _ = try? ask(.deleteConsumer(name: consumers.name(number)), JetStreamReply.done)
    }
}

extension LedgerEntry {
    fileprivate init(_ message: borrowing Message, _ delivery: Delivery) {
        self.init(
            subject: message.subject.string, sequence: delivery.streamSequence, time: delivery.time,
            body: message.payload)
    }
}
