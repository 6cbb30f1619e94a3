import NATSTransport
import Synchronization
import StrictJSON
import TokenOperations

/// Redemptions and revocations on their way to the stream.
extension LedgerLoop {
    /// Takes what the desk wants sent. What cannot be sent is tried again by the desk, until its deadline.
    ///
    /// Publishes and reads in runs of their own: the stream can have nobody who takes a write while its API answers.
    func sendWrites() {
        let sends = desk.takeSends()
        guard !sends.isEmpty else { return }
        send(sends, reads: false)
        send(sends, reads: true)
    }

    private func send(_ sends: [LedgerSend], reads: Bool) {
        var run: [AttemptToken] = []
        var session: UInt64?
        for send in sends where send.isRead == reads {
            guard let through = publish(send) else {
                desk.notSent(send.token, now: now)
                continue
            }
            desk.sent(send.token, through: through)
            run.append(send.token)
            session = through
        }
        // One for all: at the end of a turn nothing changes the outlet.
        if let session { mark(.writes(run), through: session) }
    }

    private func publish(_ send: LedgerSend) -> UInt64? {
        let name = AnswerName.write(send.token).text
        switch send.content {
        case .publish(let subject, let condition, let messageID, let body):
            var headers = [LoopContext.Header("Nats-Msg-Id", messageID)]
            if let condition {
                headers.append(.init("Nats-Expected-Last-Subject-Sequence", String(condition.sequence)))
                headers.append(.init("Nats-Expected-Last-Subject-Sequence-Subject", condition.subjects))
            }
            return context.publish(subject, answersTo: name, headers: headers, body.rawSpan)
        case .readLast(let family):
            let request = JetStreamRequest.lastRecord(of: LedgerSubject.family(family))
            return context.publish(request.subject, answersTo: name, request.body.rawSpan)
        }
    }

    /// The answer to a write, or to the read of a family's last record.
    func receivedWrite(_ token: AttemptToken, _ body: RawSpan) {
        if desk.isReading(token) {
            desk.lastRecord(token, JetStreamReply.familyRecord(body), now: now)
        } else {
            desk.published(token, JetStreamReply.published(body), now: now)
        }
    }
}
