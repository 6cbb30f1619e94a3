import Blacklist
import Logging

/// A blacklist under the name that an operator knows it by.
struct NamedBlacklist {
    let name: String
    let blacklist: Blacklist

    var counters: BlacklistCounters { blacklist.counters }

    var metadata: Logger.Metadata {
        let counters = counters
        return [
            "blacklist": "\(name)", "entries": "\(counters.entries)", "partitions": "\(counters.partitions)",
            "bytes": "\(counters.bytes)", "retired_bytes": "\(counters.retiredBytes)", "limit_bytes": "\(counters.limitBytes)",
            "refused": "\(counters.refusedInserts)", "false_passes": "\(counters.refusedPasses)",
        ]
    }
}

/// Says that a blacklist gets full, and that it is: on the way up once for each, and again after it has had room.
struct BlacklistWatch {
    private enum State {
        case roomy, filling
    }

    private var state = State.roomy
    private var refused = 0

    /// What is to be said now; nil when nothing is.
    mutating func look(at counters: BlacklistCounters) -> Logger.Message? {
        defer { refused = counters.refusedInserts }
        if counters.refusedInserts > refused {
            state = .filling
            return "blacklistings are answered 503, because there is no room: raise --blacklist-memory"
        }
        let used = Double(counters.bytes) / Double(max(counters.limitBytes, 1))
        switch state {
        case .roomy where used >= 0.75:
            state = .filling
            return "three quarters of a blacklist's memory are taken: at seven eighths blacklistings are refused; raise --blacklist-memory"
        case .filling where used < 0.6: state = .roomy
        case .roomy, .filling: break
        }
        return nil
    }
}

extension Logger {
    /// What a blacklist held and did, at the end.
    func report(_ blacklist: NamedBlacklist) {
        info("kept a blacklist", metadata: blacklist.metadata)
    }
}
