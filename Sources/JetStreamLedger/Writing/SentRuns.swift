/// Which of the requests that went out reached nobody.
///
/// For a request to a subject on which nobody listens (the stream is gone, or without a leader; JetStream is off) the
/// server says so at once, and cnats passes on that it did, but not to which. So behind every run of requests goes a mark
/// to this loop itself. The server works off a connection in order: between two marks come back as many "nobody" as there
/// were such requests in the run. When that is all of them, each of them surely was not stored, may be sent again without
/// a second thought, and need not be waited for. When it is only some (somebody came or went in between), all are waited
/// for: to guess would be to take a write that may be stored for one that is not, and a retry for theft.
///
/// Chosen over a subscription a request, which costs two lines and a look into it each; a mark is one short message a run,
/// and a run is what one turn of the loop has to send.
struct SentRuns {
    enum Run: Equatable {
        case question(UInt64)
        /// All to the same place: to the stream, or to its API.
        case writes([AttemptToken])

        var count: Int {
            switch self {
            case .question: 1
            case .writes(let tokens): tokens.count
            }
        }
    }

    private struct Session {
        var runs: [(mark: UInt64, run: Run)] = []
        /// Heard since the last mark.
        var nobodies = 0
    }

    private var sessions: [UInt64: Session] = [:]
    private var lastMark: UInt64 = 0

    /// How many wait for their mark.
    var count: Int { sessions.values.reduce(0) { $0 + $1.runs.count } }

    /// - Returns: the number of the mark that is to be put behind it, now.
    mutating func sent(_ run: Run, through session: UInt64) -> UInt64 {
        lastMark += 1
        sessions[session, default: Session()].runs.append((lastMark, run))
        return lastMark
    }

    mutating func heardOfNobody(through session: UInt64) {
        sessions[session]?.nobodies += 1
    }

    /// A mark has come back.
    ///
    /// - Returns: what reached nobody, of what was sent before it.
    mutating func returned(_ mark: UInt64, through session: UInt64) -> [Run] {
        guard var state = sessions[session] else { return [] }
        // One, unless a mark could not be sent: then those before it are one run with it.
        let passed = state.runs.prefix { $0.mark <= mark }.map(\.run)
        let isUnreached = state.nobodies == passed.reduce(0) { $0 + $1.count }
        state.runs.removeFirst(passed.count)
        state.nobodies = 0
        sessions[session] = state
        return isUnreached ? passed : []
    }

    mutating func ended(_ session: UInt64) {
        sessions[session] = nil
    }
}
