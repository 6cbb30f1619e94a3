import Logging
import NATSTransport

extension Logger {
    /// A loop's counters, once it has closed.
    func report(_ statistics: LoopStatistics, loop: Int) {
        info(
            "served",
            metadata: [
                "loop": "\(loop)", "received": "\(statistics.received)", "replied": "\(statistics.replied)",
                "errors": "\(statistics.errorsReplied)", "refused_reply_subjects": "\(statistics.refusedReplySubjects)",
                "undeliverable": "\(statistics.undeliverable)", "unanswered": "\(statistics.unanswered)",
                "sessions": "\(statistics.sessions)", "buffered_high_water": "\(statistics.bufferedHighWater)",
            ])
    }

    /// What happens to a loop's connection, in words.
    ///
    /// - Parameters:
    ///   - errorLines: for what callers can cause: a reply that the server refuses is an error for each.
    ///   - connectFailures: of this loop.
    ///   - inboxes: of this loop, for what to do when its user may not use them.
    func report(
        _ event: LoopEvent, loop: String, errorLines: SharedLogBudget, connectFailures: ConnectFailures, inboxes: Inboxes
    ) {
        var metadata: Metadata = ["loop": "\(loop)"]
        switch event {
        case .connected(let server, let session, let maxPayload):
            connectFailures.end()
            metadata["server"] = "\(server)"
            metadata["max_payload"] = "\(maxPayload)"
            metadata["session"] = "\(session)"
            info("connected", metadata: metadata)
        case .connectFailed(let server, let reason):
            metadata["server"] = "\(server)"
            metadata["reason"] = "\(reason)"
            guard let attempts = connectFailures.admit(reason) else { return }
            metadata["attempts"] = "\(attempts)"
            warning("cannot connect, trying again until it is possible", metadata: metadata)
        case .lameDuck(let server, let session):
            metadata["server"] = "\(server)"
            metadata["session"] = "\(session)"
            info("the server is about to stop: moving to another", metadata: metadata)
        case .disconnected(let session, let reason):
            metadata["session"] = "\(session)"
            metadata["reason"] = "\(reason)"
            log(level: reason == .closed || reason == .movedOver ? .info : .warning, "disconnected", metadata: metadata)
        case .joined:
            notice("serving", metadata: metadata)
        case .left:
            notice("left the queue group", metadata: metadata)
        case .readingPaused(let bytes):
            metadata["buffered"] = "\(bytes)"
            warning("the server takes replies too slowly: not reading requests", metadata: metadata)
        case .readingResumed:
            notice("reading requests again", metadata: metadata)
        case .subscribeFailed(let subject, let reason):
            metadata["subject"] = "\(subject)"
            metadata["reason"] = "\(reason)"
            error("cannot subscribe", metadata: metadata)
        case .notPermitted(let reason):
            metadata["reason"] = "\(reason)"
            metadata["advice"] = "\(inboxes.advice(on: reason) ?? "allow it to subscribe to every operation in the queue group")"
            error("not serving: the NATS user may not subscribe to what it has to", metadata: metadata)
        case .serverError(let text):
            guard let leftOut = errorLines.admit() else { return }
            metadata["error"] = "\(text)"
            metadata["lines_left_out"] = "\(leftOut)"
            if let advice = inboxes.advice(on: text) { metadata["advice"] = "\(advice)" }
            error("the server, or the loop, reports an error", metadata: metadata)
        case .closed(let outcome):
            metadata["outcome"] = "\(outcome)"
            log(level: outcome == .drained ? .info : .warning, "closed", metadata: metadata)
        }
    }
}
