import NATSTransport
import StrictJSON
import TokenContract
import TokenOperations

/// The requests that wait for the ledger: asked, answered through the mailbox, and gone on with on the loop's thread.
extension RequestRouter {
    /// Asks the ledger, and keeps the request until it has answered.
    func ask(
        _ work: WaitingRequest.Work, for operation: Operation, at now: UnixTime, _ reply: consuming Reply
    ) {
        guard !pending.isFull else {
            let error = ServiceError(
                .unavailable, "\(WaitingRequest.capacity) requests wait for the ledger already; try again")
            return refuse(error, of: operation, reply)
        }
        ask(WaitingRequest(work, operation, receivedAt: now, reply: reply.defer()))
    }

    private func ask(_ waiting: WaitingRequest) {
        let (ticket, mailbox) = (pending.add(waiting), mailbox)
        switch waiting.work {
        case .refresh(let flight):
            ledger.redeem(flight.redemption) { mailbox.post(.redeem($0), for: ticket) }
        case .reuse(let revocation):
            ledger.revoke([revocation], at: waiting.receivedAt) { mailbox.post(.revoke($0), for: ticket) }
        case .blacklist(let flight) where flight.revocations.isEmpty:
            mailbox.post(.revoke(.revoked), for: ticket)
        case .blacklist(let flight):
            ledger.revoke(flight.revocations, at: waiting.receivedAt) { mailbox.post(.revoke($0), for: ticket) }
        }
    }

    /// What the ledger says may have to be signed, so it is taken up as put-off requests are. The items are no more than
    /// the table of waiting requests holds.
    func mailboxSignalled() {
        answered.add(mailbox.takeAll())
    }

    var hasWork: Bool { !answered.isEmpty }

    func work() {
        guard let item = answered.next(), let waiting = pending.take(item.ticket) else { return }
        resume(waiting, with: item.answer)
    }

    /// A queue that is filled in lots.
    struct Answered {
        private var items: [LedgerMailbox.Item] = []
        private var position = 0

        var isEmpty: Bool { position == items.count }

        mutating func add(_ lot: [LedgerMailbox.Item]) {
            if isEmpty {
                items = lot
            } else {
                items.removeSubrange(..<position)
                items.append(contentsOf: lot)
            }
            position = 0
        }

        mutating func next() -> LedgerMailbox.Item? {
            guard position < items.count else { return nil }
            defer { position += 1 }
            return items[position]
        }
    }

    private func resume(_ waiting: WaitingRequest, with answer: LedgerAnswer) {
        switch (waiting.work, answer) {
        case (.refresh(let flight), .redeem(let outcome)):
            resume(waiting, flight, outcome)
        case (.reuse(let revocation), .revoke(let outcome)):
            report(reuseOf: revocation, outcome)
            finish(waiting, with: operations.refreshTokens.revoked(outcome))
        case (.blacklist(let flight), .revoke(let outcome)):
            finish(waiting, with: flight.revoked(outcome))
        case (.refresh, .revoke), (.reuse, .redeem), (.blacklist, .redeem):
            finish(waiting, with: ServiceError(.internalError, "the ledger answered another question"))
        }
    }

    private func resume(_ waiting: WaitingRequest, _ flight: RefreshInFlight, _ outcome: RedeemOutcome) {
        output.removeAll(keepingCapacity: true)
        do throws(ServiceError) {
            switch try operations.refreshTokens.redeemed(flight, outcome, into: &output) {
            case .replied:
                if let reply = waiting.takeReply() { reply.send(output) }
            case .revoke(let revocation):
                guard let reply = waiting.takeReply() else { return }
                ask(WaitingRequest(.reuse(revocation), waiting.operation, receivedAt: waiting.receivedAt, reply: reply))
            }
        } catch {
            finish(waiting, with: error)
        }
    }

    /// Ends a request that waited: with an error, or with the empty object that says that it is done.
    private func finish(_ waiting: WaitingRequest, with error: ServiceError?) {
        guard let reply = waiting.takeReply() else { return }
        output.removeAll(keepingCapacity: true)
        guard let error else {
            ResponseEncoder.empty(into: &output)
            return reply.send(output)
        }
        report(error, of: waiting.operation, heard: reply.hasSubject)
        output.append(ResponseEncoder.errorBody(for: waiting.operation))
        reply.sendError(code: error.code.rawValue, text: error.text, body: output)
    }
}
