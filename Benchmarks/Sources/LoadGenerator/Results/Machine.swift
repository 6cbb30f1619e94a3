internal import FoundationEssentials

/// What a figure was measured on; no figure means anything without it.
package struct Machine: Codable, Sendable {
    package var processor: String
    package var cores: Int
    package var memoryGiB: Double
    package var kernel: String

    package init() {
        let information = Self.read("/proc/cpuinfo")
        let model = information.split(separator: "\n").first { $0.hasPrefix("model name") }
        processor = model?.split(separator: ":").last.map { String($0.trimmingPrefix(while: { $0 == " " })) } ?? "unknown"
        cores = ProcessInfo.processInfo.activeProcessorCount
        memoryGiB = (Double(ProcessInfo.processInfo.physicalMemory) / 1_073_741_824 * 10).rounded() / 10
        kernel = Self.read("/proc/sys/kernel/osrelease").split(separator: "\n").first.map(String.init) ?? "unknown"
    }

    /// Of the last minute: what else the machine was doing.
    package static var loadAverage: Double {
        read("/proc/loadavg").split(separator: " ").first.flatMap { Double(String($0)) } ?? 0
    }

    private static func read(_ path: String) -> String {
        (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
    }
}
