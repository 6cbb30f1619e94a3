import CNATS
import Synchronization

/// Errors that a server sends outside any call (`-ERR 'Permissions Violation …'`) come on a thread of cnats', at any
/// time, even after the connection is gone. So cnats is given a number and not a pointer; whoever the number stood for
/// may be gone, and is then not called. (Without a handler newer cnats prints them to standard error.)
enum ServerErrors {
    private struct Listeners {
        var next: UInt = 1
        var byNumber: [UInt: @Sendable (String) -> Void] = [:]
    }

    private static let listeners = Mutex(Listeners())

    static func register(_ listener: @escaping @Sendable (String) -> Void) -> UInt {
        listeners.withLock { listeners in
            let number = listeners.next
            listeners.next += 1
            listeners.byNumber[number] = listener
            return number
        }
    }

    static func remove(_ number: UInt) {
        listeners.withLock { _ = $0.byNumber.removeValue(forKey: number) }
    }

    static func install(_ number: UInt, into options: OpaquePointer) {
        _ = unsafe natsOptions_SetErrorHandler(
            options,
            { connection, _, status, closure in
                let number = UInt(bitPattern: closure)
                var text: UnsafePointer<CChar>?
                _ = unsafe natsConnection_GetLastError(connection, &text)
                let reason = unsafe text.map { unsafe String(cString: $0) } ?? describe(status)
                let listener = ServerErrors.listeners.withLock { $0.byNumber[number] }
                listener?(reason)
            }, UnsafeMutableRawPointer(bitPattern: number))
    }
}

func describe(_ status: natsStatus) -> String {
    guard let text = unsafe natsStatus_GetText(status) else { return "status \(status.rawValue)" }
    return unsafe String(cString: text)
}

/// The text of the last error on this thread, or the status' own.
func lastError(_ status: natsStatus) -> String {
    var last = NATS_OK
    guard let text = unsafe nats_GetLastError(&last) else { return describe(status) }
    let detail = withoutSourceLine(unsafe String(cString: text))
    return detail.isEmpty || detail == describe(status) ? describe(status) : "\(describe(status)): \(detail)"
}

/// cnats begins its texts with the line of its own source, `(conn.c:2088): `.
private func withoutSourceLine(_ text: String) -> String {
    guard text.first == "(", let end = text.firstRange(of: "): ") else { return text }
    return String(text[end.upperBound...])
}
