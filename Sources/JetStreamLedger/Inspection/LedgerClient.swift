package import NATSTransport
internal import StrictJSON

/// The ledger as a command line sees it: one blocking connection, one question at a time.
///
/// It asks with the permissions that the ledger's own NATS user has (`StartTrouble.permissions`), and by itself writes
/// nothing into the stream. What it is answered is decided on by values that need no connection: `StartInspection`,
/// `RecordWalk`, `LedgerStatus`, `LedgerAudit`.
package struct LedgerClient: ~Copyable {
    let client: RequestClient
    /// Its consumers, so that whoever sees them knows what they are.
    let consumers: ConsumerName

    /// The answer to one question. Counting a million records under load takes a tenth of it.
    static let answerMilliseconds = 5_000

    package init(_ configuration: NATSConfiguration) throws(InspectionError) {
        var configuration = configuration
        configuration.name = "token-service ledger inspection"
        do throws(TransportError) {
            client = try RequestClient(configuration)
        } catch {
            throw InspectionError(error, asking: nil)
        }
        consumers = ConsumerName(instance: "inspection" + String(UInt32.random(in: .min ... .max), radix: 36))
    }

    func ask<Answer>(
        _ request: JetStreamRequest, within milliseconds: Int = answerMilliseconds,
        _ read: (RawSpan) throws(JetStreamError) -> Answer
    ) throws(InspectionError) -> Answer {
        let answer = try raw(request, within: milliseconds)
        do throws(JetStreamError) {
            return try read(answer.payload)
        } catch {
            throw InspectionError(error, asking: request.subject)
        }
    }

    func raw(_ request: JetStreamRequest, within milliseconds: Int) throws(InspectionError) -> Message {
        do throws(TransportError) {
            return try client.ask(request.subject, request.body, timeoutMilliseconds: milliseconds)
        } catch {
            throw InspectionError(error, asking: request.subject)
        }
    }
}
