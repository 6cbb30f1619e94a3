import Foundation
import Testing

@testable import NATSTransport

@Suite struct ClockTests {
    /// Differs from the other clock where a machine was suspended, and in a time namespace: `unshare --time --boottime 5000`.
    @Test("the loops' clock is the one that goes on while the machine is suspended: the kernel's uptime")
    func countsSuspension() throws {
        let text = try String(contentsOfFile: "/proc/uptime", encoding: .utf8)
        let uptime = try #require(text.split(separator: " ").first.flatMap { Double($0) })
        #expect(abs(Double(monotonicNanoseconds()) / 1e9 - uptime) < 5)
    }
}
