import Logging
import NATSTransport
import StrictJSON
import TokenContract
import TokenOperations

/// A loop's requests on their way: decode, operation, reply; and for what has to be asked of the ledger, the wait.
///
/// Two lanes. Known tokens are answered where they are read. All that may cost a signature is put off: it is answered
/// after the others' replies have been written, in slices of bounded time with a look at the socket in between
/// (`TransportLimits.sliceMicroseconds`), and so are the answers of the ledger that are to be signed. Each operation has a
/// queue of its own, and they take turns. When too many wait in it, or the first has waited too long, a request is refused with 503.
///
/// Threads: the loop's own, and no other. The ledger answers through the mailbox.
final class RequestRouter: RequestHandler {
    /// An operation's endpoint has its raw value as index; the public keys come after them.
    static func endpoints(_ configuration: ServiceConfiguration) -> [Endpoint] {
        let prefix = configuration.subjects.prefix
        let subjects =
            Operation.allCases.map { $0.subject(prefix: prefix) }
            + [Operation.subject(of: Contract.publicKeysSubject, prefix: prefix)]
        return subjects.map { Endpoint(subject: $0, queueGroup: configuration.queueGroup) }
    }

    var operations: Operations
    private let publicKeys: [UInt8]
    let ledger: any Ledger
    private let freshness: LedgerFreshness
    let mailbox: LedgerMailbox
    /// What the ledger has answered and is still to be gone on with.
    var answered = Answered()
    private let context: LoopContext
    private let logger: Logger
    private let counters: ServiceCounters
    private let busyReplies = RequestRouter.busyReplies
    /// Two, so that nobody can silence the alarm of a theft with bad requests.
    private var refusalLines = LogBudget()
    private var reuseLines = LogBudget()
    var pending = TicketTable<WaitingRequest>(capacity: WaitingRequest.capacity)
    /// The reply that is being written; reused, so that a reply costs no allocation once it has grown.
    var output: [UInt8] = []

    init(_ operations: consuming Operations, _ parts: ReplicaParts, context: LoopContext, logger: Logger) {
        self.operations = operations
        publicKeys = parts.publicKeys
        ledger = parts.ledger
        freshness = parts.ledger.freshness
        counters = parts.counters
        self.context = context
        self.logger = logger
        mailbox = LedgerMailbox(wake: context.handle.wake)
    }

    func handle(_ message: borrowing Message, endpoint: Int, reply: consuming Reply) {
        guard endpoint == Self.verifyToken, reply.hasSubject, freshness.isCurrent(at: context.now) else {
            return handleOther(message, endpoint: endpoint, reply: reply)
        }
        guard operations.answerIfKnown(message.payload, at: now, reply) else {
            return report(Self.busy, of: .verifyToken, heard: true)
        }
    }

    private static let verifyToken = Operation.verifyToken.rawValue
    private var now: UnixTime { UnixTime(milliseconds: context.unixMilliseconds) }

    private func handleOther(_ message: borrowing Message, endpoint: Int, reply: consuming Reply) {
        guard let operation = Operation(rawValue: endpoint) else { return reply.send(publicKeys) }
        // Without a reply subject there is nobody to tell, and only a blacklisting has a meaning then. To redeem a
        // refresh token for nobody would destroy it.
        guard reply.hasSubject || operation == .blacklistTokens else { return reply.drop() }
        guard freshness.isCurrent(at: context.now) else {
            return refuse(ServiceError(.unavailable, Self.notCurrent), of: operation, reply)
        }
        guard reply.canBePutOff else { return refuseBusy(operation, reply) }
        reply.putOff()
    }

    func handlePutOff(_ message: borrowing Message, endpoint: Int, isLate: Bool, reply: consuming Reply) {
        guard let operation = Operation(rawValue: endpoint) else { return reply.send(publicKeys) }
        // More comes in than can be done, and nobody may wait for this one any more. A blacklisting without a reply subject
        // has nobody who waits, nor anybody who would repeat it.
        guard !isLate || !reply.hasSubject else { return refuseBusy(operation, reply) }
        // It may have waited past the time that this was last asked for.
        guard freshness.isCurrent(at: context.now) else {
            return refuse(ServiceError(.unavailable, Self.notCurrent), of: operation, reply)
        }
        output.removeAll(keepingCapacity: true)
        let now = now
        let outcome: Outcome
        do throws(ServiceError) {
            // Not by way of an outcome; see there.
            if operation == .verifyToken {
                try operations.verify(message.payload, at: now, into: &output)
                return reply.send(output)
            }
            outcome = try operations.perform(operation, message.payload, at: now, into: &output)
        } catch {
            return refuse(error, of: operation, reply)
        }
        switch outcome {
        case .replied: reply.send(output)
        case .waits(let work): ask(work, for: operation, at: now, reply)
        }
    }

    private static let busy = ServiceError(
        .unavailable, "too many requests wait for their signatures already; try again, another replica may be free")
    static let busyReplies = Operation.allCases.map { operation in
        PreparedError(code: busy.code.rawValue, text: busy.text, body: ResponseEncoder.errorBody(for: operation))
    }

    private func refuseBusy(_ operation: Operation, _ reply: consuming Reply) {
        report(Self.busy, of: operation, heard: reply.hasSubject)
        reply.sendError(busyReplies[operation.rawValue])
    }

    private static let notCurrent =
        "this replica has lost sight of the ledger, or has not caught up with it; try again, another one may have it"

    func batchEnded() {
        operations.quiesce()
    }

    func refuse(_ error: ServiceError, of operation: Operation, _ reply: consuming Reply) {
        report(error, of: operation, heard: reply.hasSubject)
        output.removeAll(keepingCapacity: true)
        output.append(ResponseEncoder.errorBody(for: operation))
        reply.sendError(code: error.code.rawValue, text: error.text, body: output)
    }

    /// A caller's mistake is the caller's to hear, at most a line of the debug log; what is ours, or a blacklisting that
    /// failed with nobody to hear of it, is the operator's.
    func report(_ error: ServiceError, of operation: Operation, heard: Bool) {
        let isOurs = error.code == .internalError || error.code == .unavailable
        var metadata: Logger.Metadata {
            ["operation": "\(operation.name)", "code": "\(error.code.rawValue)", "error": "\(error.text)"]
        }
        guard isOurs || !heard else { return logger.debug("a request was refused", metadata: metadata) }
        guard let leftOut = refusalLines.admit(at: context.now) else { return }
        logger.warning(
            "a request was refused", metadata: metadata.merging(["lines_left_out": "\(leftOut)"]) { $1 })
    }

    /// Once a family: when it is revoked, its tokens are refused before the ledger is asked.
    func report(reuseOf family: Revocation, _ outcome: RevokeOutcome) {
        counters.countReuse()
        guard let leftOut = reuseLines.admit(at: context.now) else { return }
        logger.warning(
            "a refresh token was presented again after its rotation: it, or its successor, was stolen",
            metadata: [
                "sid": "\(family.id.text)", "revoked": "\(outcome == .revoked)", "lines_left_out": "\(leftOut)",
            ])
    }
}
