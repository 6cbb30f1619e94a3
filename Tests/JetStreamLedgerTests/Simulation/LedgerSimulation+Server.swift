import Blacklist
import StrictJSON
import TestSupport
@testable import TokenOperations

@testable import JetStreamLedger

/// The servers: questions, writes, and consumers that push.
extension LedgerSimulation {
    struct Consumer {
        var origin: Origin
        var number: UInt64
        var next: UInt64
        var delivered: UInt64 = 0
        /// On a server that lags behind until then.
        var slowUntil: Int64
        /// What was sent last arrives then; what is sent after it not before it.
        var lastArrival: Int64
    }

    func send(_ input: ServerInput, from replica: SimulatedReplica) {
        guard let session = replica.session else { return }
        let origin = Origin(replica: replica.index, life: replica.life, session: session)
        if percent(lossPercent) { return lost(input, origin) }
        queue.insert(.toServer(input, origin), at: now + delay())
    }

    private func lost(_ input: ServerInput, _ origin: Origin) {
        guard case .write(let send) = input, case .publish = send.content else { return }
        misjudge(send.token, origin)
    }

    /// What a replica with a planted fault makes of a lost answer.
    private func misjudge(_ token: AttemptToken, _ origin: Origin) {
        switch fault {
        case .ambiguityForgotten: queue.insert(.toReplica(.wrote(token, .busy("lost")), origin), at: now + Self.times.attemptMilliseconds - 100)
        case .lostTakenForUnreached: queue.insert(.toReplica(.unreached(token), origin), at: now + Self.times.attemptMilliseconds - 100)
        default: break
        }
    }

    private func answer(_ input: ReplicaInput, _ origin: Origin, after lag: Int64 = 0) {
        if percent(lossPercent) {
            if case .wrote(let token, _) = input { misjudge(token, origin) }
            return
        }
        let delay = lag + delay()
        queue.insert(.toReplica(input, origin), at: now + delay)
        if percent(3) { queue.insert(.toReplica(input, origin), at: now + delay + Int64(random.next() % 2_000)) }
    }

    func serve(_ input: ServerInput, _ origin: Origin) {
        switch input {
        case .write(let send):
            if let isolation = isolated[origin.replica] { return writeAlone(send, origin, isolation) }
            switch send.content {
            case .publish where hasNobody:
                unreachedWrites += 1
                answer(.unreached(send.token), origin)
            case .publish(let subject, let condition, let messageID, let body):
                answer(.wrote(send.token, write(subject, condition, messageID, body)), origin, after: leadersLag)
            case .readLast(let family):
                if let leadersStream { answer(.read(send.token, leadersStream.familyRecord(family)), origin) }
            }
        case .question(let number, .starting(let action)):
            guard isolated[origin.replica] == nil, let event = start(action) else { return }
            answer(.answered(number, .starting(event)), origin, after: action.isWrite ? leadersLag : 0)
        case .question(let number, .repairing(let action)):
            guard let event = repair(action, origin) else { return }
            answer(.answered(number, .repairing(event)), origin, after: action == .askForEpoch ? 0 : leadersLag)
        case .question(let number, .following(let action)):
            guard let event = follow(action, origin) else { return }
            answer(.answered(number, .following(event)), origin, after: action == .writeFence ? leadersLag : 0)
        }
    }

    private func write(
        _ subject: String, _ condition: LedgerSend.Condition?, _ messageID: String?, _ body: [UInt8]
    ) -> PublishOutcome {
        if percent(2) { return .busy("10164") }
        if let condition {
            let name = String(condition.subjects.dropFirst("ledger.*.".count))
            if isInFlight({ $0.lastOfFamily(name) }) { return .busy("10164") }
        }
        let outcome = append(subject, condition, messageID, body)
        // An error that comes from a majority which may have stored it all the same.
        guard case .stored = outcome, !isCalm, percent(1) else { return outcome }
        return .unknown("10158")
    }

    /// A leader that is cut off checks conditions and answers reads for a while; it stores nothing.
    private func writeAlone(_ send: LedgerSend, _ origin: Origin, _ isolation: Isolation) {
        guard now - isolation.since < 5_000, let snapshot = isolation.snapshot else { return }
        switch send.content {
        case .publish(_, let condition?, _, _):
            let name = String(condition.subjects.dropFirst("ledger.*.".count))
            if (snapshot.lastOfFamily(name)?.sequence ?? 0) != condition.sequence {
                answer(.wrote(send.token, .wrongLastSequence), origin)
            }
        case .publish: break
        case .readLast(let family): answer(.read(send.token, snapshot.familyRecord(family)), origin)
        }
    }

    private func start(_ action: StartAction) -> StartEvent? {
        var information = StreamInformation(configuration: Self.configuration, rawConfiguration: [])
        information.state = leadersStream?.state(quorumAge: 0, at: Self.epoch + now)
        let missing = JetStreamError(code: 404, errorCode: JetStreamError.streamNotFound, text: "stream not found")
        switch action {
        case .askForAccount: return .account(level: 5)
        case .askForStream: return stream == nil ? .rejected(missing) : .stream(information)
        case .createStream:
            if stream == nil {
                streams += 1
                stream = StreamModel(created: "stream \(streams)")
                trace("created stream \(streams)")
            }
            information.state = stream?.state(quorumAge: 0, at: Self.epoch + now)
            return .stream(information)
        case .askForEpoch:
            return stream == nil ? .rejected(missing) : .epoch(epoch(in: leadersStream))
        case .writeEpoch(let epoch, let sequence): return hasNobody ? .nobody : .epochWritten(write(epoch, sequence))
        case .probe: return hasNobody ? .nobody : .probed(append(LedgerSubject.probe, nil, nil, []))
        case .updateStream, .ready, .refuse, .report: return nil
        }
    }

    private func epoch(in stream: StreamModel?) -> FoundEpoch? {
        guard let record = stream?.last(of: LedgerSubject.epoch) else { return nil }
        var epoch = try? LedgerEpoch.decode(record.body.rawSpan)
        if fault == .repairTakenForItsEnd { epoch?.state = .whole }
        return FoundEpoch(epoch, at: record.sequence)
    }

    private func write(_ epoch: LedgerEpoch, _ expected: UInt64) -> PublishOutcome {
        if isInFlight({ $0.last(of: LedgerSubject.epoch) }) { return .busy("10164") }
        guard stream?.last(of: LedgerSubject.epoch)?.sequence ?? 0 == expected else { return .wrongLastSequence }
        return append(LedgerSubject.epoch, nil, nil, epoch.encoded())
    }

    private func repair(_ action: RepairAction, _ origin: Origin) -> RepairEvent? {
        let following = replicas[origin.replica].following
        let last = following.phase == .following ? following.applied?.position.sequence ?? 0 : nil
        if let isolation = isolated[origin.replica] {
            // A leader that is cut off tells what it remembers, and stores nothing.
            guard action == .askForEpoch, now - isolation.since < 5_000 else { return nil }
            return .epoch(epoch(in: isolation.snapshot), lastRevocation: last)
        }
        if hasNobody { return .failed }
        switch action {
        case .askForEpoch: return .epoch(epoch(in: leadersStream), lastRevocation: last)
        case .writeEpoch(let epoch, let sequence): return .written(write(epoch, sequence))
        case .publish, .report: return nil
        }
    }

    /// nil when nobody answers.
    private func follow(_ action: FollowAction, _ origin: Origin) -> FollowEvent? {
        if percent(1), !isCalm { return .failed }
        let isolation = isolated[origin.replica]
        let silence = isolation.map { now - $0.since } ?? 0
        guard let seen = isolation.map(\.snapshot) ?? leadersStream else { return .streamMissing }
        if silence > 5_000, action != .askForStream { return .failed }
        let isBlind = fault == .resumesBlindly
        switch action {
        case .askForStream:
            if silence > 12_000 { return .failed }
            // Followers are heard of every second or two.
            let age = silence + Int64(random.next() % 2_000)
            var state = seen.state(quorumAge: fault == .loneLeaderBelieved ? 0 : age, at: Self.epoch + now)
            if isBlind { (state.created, state.lastSequence, state.firstSequence) = ("stream", .max / 2, 0) }
            return .stream(state)
        case .writeFence:
            // The majority has to take it.
            if isolation != nil { return nil }
            if hasNobody { return .failed }
            return .fenceWritten(percent(2) ? .busy("x") : append(LedgerSubject.fence, nil, nil, []))
        case .askForRecord(let sequence):
            return .record(isBlind ? replicas[origin.replica].following.applied?.position : seen.record(at: sequence)?.position)
        case .askForAnchor(let id):
            if fault == .oldestOverlooked, case .oldest(_, let oldest) = replicas[origin.replica].following.look?.question {
                return .anchor(oldest.position)
            }
            return .anchor(
                isBlind ? replicas[origin.replica].following.anchor?.position : seen.last(of: LedgerSubject.revoked(id))?.position)
        case .createConsumer(let number, let after):
            // The majority has to agree to it.
            guard isolation == nil, stream != nil else { return nil }
            let slowUntil = !isCalm && percent(10) ? now + Int64(random.next() % 12_000) : now
            consumers.append(
                Consumer(origin: origin, number: number, next: (after ?? 0) + 1, slowUntil: slowUntil, lastArrival: now))
            queue.insert(.consumerTurn(consumers.count - 1), at: max(now, slowUntil) + Int64(random.next() % 20))
            queue.insert(.consumerBeat(consumers.count - 1), at: now + FollowTimes.heartbeat)
            return .consumerCreated
        case .deleteConsumer, .apply, .republish, .checkStream:
            return nil
        }
    }

    func deleteConsumer(of replica: SimulatedReplica, _ number: UInt64) {
        for index in consumers.indices where consumers[index].origin.replica == replica.index {
            if consumers[index].number == number { consumers[index].origin.session = -1 }
        }
    }

    // MARK: Consumers

    func wakeConsumers() {
        for index in consumers.indices where isAlive(index) {
            queue.insert(.consumerTurn(index), at: max(now, consumers[index].slowUntil) + Int64(random.next() % 20))
        }
    }

    private func isAlive(_ index: Int) -> Bool {
        guard consumers.indices.contains(index) else { return false }
        let origin = consumers[index].origin
        return sessions[origin.replica] == origin.session && replicas[origin.replica].life == origin.life
    }

    func turn(_ index: Int) {
        guard isAlive(index), now >= consumers[index].slowUntil else { return }
        let origin = consumers[index].origin
        guard let seen = isolated[origin.replica].map(\.snapshot) ?? stream else { return }
        while let record = seen.nextRevocation(from: consumers[index].next) {
            consumers[index].next = record.sequence + 1
            consumers[index].delivered += 1
            if !isCalm, random.next() % 150 == 0 { continue }
            let delivery = Delivery(
                consumer: consumers[index].number, consumerSequence: consumers[index].delivered,
                streamSequence: record.sequence, time: record.time,
                pending: UInt64(seen.records.count { $0.sequence > record.sequence && StreamModel.isRevocation($0) }))
            push(.delivered(delivery, record), from: index)
        }
    }

    func beat(_ index: Int) {
        guard isAlive(index) else { return }
        queue.insert(.consumerBeat(index), at: now + FollowTimes.heartbeat)
        if !percent(lossPercent) {
            push(.beat(consumer: consumers[index].number, count: consumers[index].delivered), from: index)
        }
    }

    private func push(_ input: ReplicaInput, from index: Int) {
        consumers[index].lastArrival = max(consumers[index].lastArrival, now + delay())
        queue.insert(.toReplica(input, consumers[index].origin), at: consumers[index].lastArrival)
    }
}

extension StartAction {
    fileprivate var isWrite: Bool {
        switch self {
        case .writeEpoch, .probe: true
        default: false
        }
    }
}
