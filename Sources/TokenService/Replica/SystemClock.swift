import FoundationEssentials
import TokenOperations

/// The wall clock. Tokens carry wall-clock times, so this is the right clock for them; how far
/// those of two replicas may be apart is the policy's leeway.
struct SystemClock: Sendable {
    func now() -> UnixTime {
        UnixTime(milliseconds: Int64(Date().timeIntervalSince1970 * 1_000))
    }
}
