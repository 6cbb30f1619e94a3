package import TokenOperations
internal import StrictJSON

extension LedgerClient {
    /// The start check, and every record of the stream through the decoders that the service itself uses.
    ///
    /// - Parameters: as of `checkStart`.
    package func audit(
        _ configuration: LedgerConfiguration, probing: Bool, clock: () -> Int64, pause: (Int64) -> Void
    ) -> LedgerAudit {
        let start = checkStart(configuration, probing: probing, clock: clock, pause: pause)
        let wanted = StreamConfiguration(
            recordLifetime: configuration.recordLifetime, replicas: Int64(configuration.replicas))
        var audit = LedgerAudit(start: start, maxAge: 0, wanted: 0, now: UnixTime(milliseconds: 0))
        do throws(InspectionError) {
            let (found, details) = try ask(.streamInformation) { body throws(JetStreamError) in
                (try JetStreamReply.stream(body), try JetStreamReply.details(body))
            }
            audit = LedgerAudit(
                start: start, maxAge: found.configuration.maxAge, wanted: wanted.maxAge, now: details.time)
            try forEachRecord(.all, after: 0, take: { audit.add($0); return true }, idle: {})
        } catch {
            // Where there is no stream, there is no record to be read.
            if case .rejected(let reason) = error.code, reason.errorCode == JetStreamError.streamNotFound { return audit }
            audit.interruption = error.description
        }
        return audit
    }

    /// The server's clock, by which records expire.
    package func serverTime() throws(InspectionError) -> UnixTime {
        try ask(.streamInformation, JetStreamReply.details).time
    }
}
