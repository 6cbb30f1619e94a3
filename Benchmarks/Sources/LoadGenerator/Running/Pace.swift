/// How requests follow each other.
package enum Pace: Equatable, Sendable {
    /// So many are always under way; the next one leaves when a reply is there. Shows the highest throughput. Its latency
    /// flatters: a slow reply holds back the requests that would have met the same slowness.
    case closed(inFlight: Int)
    /// One every 1/rate seconds, whatever comes back. Latency counts from when a request was due, so a stall is in the
    /// figures of all requests that were due during it ("coordinated omission", corrected).
    case open(rate: Int)
    /// As fast as the connection takes requests, or at most so many a second, and nobody waits for an answer: more than can
    /// be answered, on purpose. There is no bound but the socket: when nats-server does not read on, neither is written on.
    case flood(rate: Int?)

    package var description: String {
        switch self {
        case .closed(let inFlight): "\(inFlight) in flight"
        case .open(let rate): "\(rate)/s"
        case .flood(let rate): rate.map { "a flood of \($0)/s" } ?? "a flood"
        }
    }
}

/// When the requests of an open loop are due.
struct Schedule {
    let start: UInt64
    let rate: UInt64
    /// Threads share a rate: each has every `step`-th request.
    let step: UInt64
    let first: UInt64

    /// Exact for as long as a run may take: no rounding adds up.
    func due(_ number: UInt64) -> UInt64 {
        let (high, low) = (first + number * step).multipliedFullWidth(by: 1_000_000_000)
        return start + rate.dividingFullWidth((high, low)).quotient
    }
}
