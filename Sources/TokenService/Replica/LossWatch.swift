import JetStreamLedger
import Logging
import NATSTransport

/// Says while the service runs what only its counters know: requests that were dropped, and replies that could not be
/// delivered. A caller with an inbox prefix that is not listed sees nothing but silence; here is where it is said.
struct LossWatch {
    static let interval = Duration.seconds(10)

    private var last = LoopStatistics()

    /// The lines for what has grown since the last look.
    mutating func look(at statistics: LoopStatistics) -> [(message: Logger.Message, count: Int)] {
        defer { last = statistics }
        let losses: [(Logger.Message, Int)] = [
            (
                "requests were dropped: their reply subject is not below one of --reply-prefixes",
                statistics.refusedReplySubjects - last.refusedReplySubjects
            ),
            ("replies could not be delivered", statistics.undeliverable - last.undeliverable),
            ("requests got no answer, which is a defect", statistics.unanswered - last.unanswered),
        ]
        return losses.filter { $0.1 > 0 }.map { (message: $0.0, count: $0.1) }
    }

    /// Until it is cancelled.
    static func run(
        _ handles: [EventLoop.Handle], _ counters: LedgerCounters?, _ blacklists: [NamedBlacklist], logger: Logger
    ) async {
        var blacklistWatches = blacklists.map { _ in BlacklistWatch() }
        var watches = handles.map { _ in LossWatch() }
        var ledgerWatch = LedgerWatch()
        while (try? await Task.sleep(for: interval)) != nil {
            for (index, handle) in handles.enumerated() {
                for line in watches[index].look(at: handle.statistics) {
                    logger.warning(line.message, metadata: ["loop": "\(index)", "count": "\(line.count)"])
                }
            }
            for (index, blacklist) in blacklists.enumerated() {
                if let message = blacklistWatches[index].look(at: blacklist.counters) {
                    logger.warning(message, metadata: blacklist.metadata)
                }
            }
            guard let counters else { continue }
            for line in ledgerWatch.look(at: counters) {
                logger.warning(line.message, metadata: ["count": "\(line.count)", "total": "\(line.total)"])
            }
        }
    }
}
