internal import StrictJSON

extension LedgerClient {
    package func status(_ configuration: LedgerConfiguration) throws(InspectionError) -> LedgerStatus {
        let wanted = StreamConfiguration(
            recordLifetime: configuration.recordLifetime, replicas: Int64(configuration.replicas))
        let level = try account(wanted)
        let stream = try stream()
        return LedgerStatus(
            apiLevel: level, stream: stream, wanted: wanted, remark: stream == nil ? nil : try whatIsMissing())
    }

    /// nil when nothing is, or the stream has no leader who could tell, which is told besides.
    private func whatIsMissing() throws(InspectionError) -> String? {
        do throws(InspectionError) {
            return StartInspection.remark(on: try ask(.epoch, JetStreamReply.epoch))
        } catch {
            if error.code == .forbidden { throw error }
            return nil
        }
    }

    private func account(_ wanted: StreamConfiguration) throws(InspectionError) -> Int64 {
        do throws(InspectionError) {
            return try ask(.account, JetStreamReply.account)
        } catch {
            // JetStream is off for this account: what to do about that is known.
            guard case .rejected(let reason) = error.code else { throw error }
            throw InspectionError(error.code, StartTrouble.text(reason, wanted))
        }
    }

    private func stream() throws(InspectionError) -> LedgerStatus.Stream? {
        do throws(InspectionError) {
            let (information, details) = try ask(.streamInformation) { body throws(JetStreamError) in
                (try JetStreamReply.stream(body), try JetStreamReply.details(body))
            }
            let consumers = try followers(count: details.consumers)
            return LedgerStatus.Stream(
                information: information, details: details, counts: counts(of: details.messages), consumers: consumers)
        } catch {
            if case .rejected(let reason) = error.code, reason.errorCode == JetStreamError.streamNotFound { return nil }
            throw error
        }
    }

    /// The ledger's NATS user does not need this to serve, and so may not be allowed it.
    private func followers(count: Int64) throws(InspectionError) -> LedgerStatus.Consumers {
        var consumers: [StreamConsumer] = []
        do throws(InspectionError) {
            while true {
                let (page, total) = try ask(.consumers(offset: UInt64(consumers.count)), JetStreamReply.consumers)
                consumers += page
                if page.isEmpty || consumers.count >= total { return .named(consumers) }
            }
        } catch {
            if error.code == .forbidden { return .counted(count) }
            throw error
        }
    }

    /// nil when they cannot be counted: what else is known is told all the same.
    private func counts(of messages: UInt64) -> LedgerStatus.Counts? {
        guard let revocations = try? count(LedgerSubject.revocations, 1),
            let redemptions = try? count(LedgerSubject.redemptions, 2), let fences = try? count(LedgerSubject.fence, 3),
            let probes = try? count(LedgerSubject.probe, 4), let epochs = try? count(LedgerSubject.epoch, 5)
        else { return nil }
        // Of different moments: more may have come meanwhile. A fence stands among the revocations and is none.
        let known = max(revocations, fences) + redemptions + probes + epochs
        return LedgerStatus.Counts(
            revocations: revocations - min(fences, revocations), redemptions: redemptions, epochs: epochs, probes: probes,
            fences: fences, others: messages > known ? messages - known : 0)
    }

    private func count(_ filter: String, _ number: UInt64) throws(InspectionError) -> UInt64 {
        defer { delete(number) }
        return try ask(.createCounter(name: consumers.name(number), filter: filter), JetStreamReply.pending)
    }
}
