import NATSTransport
import StrictJSON
import Synchronization

/// Questions of the machines: of the one that starts or follows, and of the one that repairs, one each is on its way at a
/// time, and only its answer counts.
extension LedgerLoop {
    func ask(_ request: JetStreamRequest, for asker: Asker) {
        question += 1
        let number = question
        var headers: [LoopContext.Header] = []
        if let sequence = request.expecting {
            headers.append(.init("Nats-Expected-Last-Subject-Sequence", String(sequence)))
        }
        let sent = context.publish(
            request.subject, answersTo: AnswerName.question(number).text, headers: headers, request.body.rawSpan)
        // Without a connection: the loss is told to the machines in a moment, if it has not been.
        switch asker {
        case .repairing: repairAsker = sent == nil ? nil : (number, asker)
        case .starting, .following:
            self.asker = sent == nil ? nil : (number, asker)
            askedAt = now
        }
        if let sent { mark(.question(number), through: sent) }
    }

    /// Who has asked this, if nothing was asked since; and it is answered with this.
    private func takeAsker(_ number: UInt64) -> Asker? {
        if let (asked, asker) = asker, asked == number {
            self.asker = nil
            return asker
        }
        if let (asked, asker) = repairAsker, asked == number {
            repairAsker = nil
            return asker
        }
        return nil
    }

    /// Puts the mark behind what has just been sent.
    func mark(_ run: SentRuns.Run, through session: UInt64) {
        _ = context.mark(AnswerName.mark(sentRuns.sent(run, through: session)).text)
    }

    func received(_ message: borrowing Message, name: RawSpan, session: UInt64) {
        guard let answer = AnswerName(name) else { return }
        switch answer {
        case .question(let number):
            switch takeAsker(number) {
            case .starting(let action): answered(action, message.payload)
            case .following(let action): answered(action, message.payload)
            case .repairing(let action): answered(action, message.payload)
            case nil: break
            }
        case .write(let token):
            receivedWrite(token, message.payload)
        case .mark(let number):
            for run in sentRuns.returned(number, through: session) { reachedNobody(run) }
        }
    }

    func nobodyListens(session: UInt64) {
        sentRuns.heardOfNobody(through: session)
    }

    private func reachedNobody(_ run: SentRuns.Run) {
        switch run {
        case .writes(let tokens):
            counters.unreached.add(tokens.count, ordering: .relaxed)
            for token in tokens { desk.unreached(token, now: now) }
        case .question(let number):
            switch takeAsker(number) {
            case .starting: start(.nobody)
            case .following:
                tell("nobody answers for the ledger's stream: it has no leader at the moment, or JetStream is off")
                follow(.failed)
            case .repairing: repair(.failed)
            case nil: break
            }
        }
    }
}

/// What the loop's own requests are named: `q` and a number, or `w`, the request's number, a dash, and the attempt's; and
/// its marks: `m` and a number.
enum AnswerName: Equatable {
    case question(UInt64)
    case write(AttemptToken)
    case mark(UInt64)

    init?(_ name: RawSpan) {
        guard name.byteCount > 1 else { return nil }
        var numbers: (UInt64, UInt64) = (0, 0)
        var isSecond = false
        for offset in 1..<name.byteCount {
            let byte = name[offset]
            if byte == UInt8(ascii: "-"), !isSecond {
                isSecond = true
                continue
            }
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
            let digit = UInt64(byte - UInt8(ascii: "0"))
            // Names are this loop's own; one that does not fit is nobody's.
            if isSecond {
                numbers.1 = numbers.1 &* 10 &+ digit
            } else {
                numbers.0 = numbers.0 &* 10 &+ digit
            }
        }
        switch (name[0], isSecond) {
        case (UInt8(ascii: "q"), false): self = .question(numbers.0)
        case (UInt8(ascii: "m"), false): self = .mark(numbers.0)
        case (UInt8(ascii: "w"), true):
            self = .write(AttemptToken(request: numbers.0, attempt: UInt32(truncatingIfNeeded: numbers.1)))
        default: return nil
        }
    }

    var text: String {
        switch self {
        case .question(let number): "q\(number)"
        case .write(let token): "w\(token.request)-\(token.attempt)"
        case .mark(let number): "m\(number)"
        }
    }
}
