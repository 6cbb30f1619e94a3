import SystemPackage

/// To standard error, which leaves standard output to what was asked for.
func printError(_ line: String) {
    // What cannot be written to standard error cannot be reported anywhere.
    _ = try? FileDescriptor.standardError.writeAll((line + "\n").utf8)
}

/// Standard output, written in large pieces of whole lines, so that what is cut off is cut off between two. A class,
/// because two closures write to it, one after the other.
final class StandardOutput {
    private var lines: [UInt8] = []
    /// Nobody reads it any more (`| head`), or it cannot be written to.
    private(set) var isClosed = false
    /// The disk is full, or the like; not that nobody reads.
    private(set) var failure: Errno?

    private static let pieceBytes = 64 << 10

    /// - Parameter write: appends whole lines.
    func write(_ write: (inout [UInt8]) -> Void) {
        write(&lines)
        if lines.count >= Self.pieceBytes { flush() }
    }

    func flush() {
        defer { lines.removeAll(keepingCapacity: true) }
        guard !isClosed, !lines.isEmpty else { return }
        do {
            try FileDescriptor.standardOutput.writeAll(lines)
        } catch {
            isClosed = true
            if let error = error as? Errno, error != .brokenPipe { failure = error }
        }
    }
}
