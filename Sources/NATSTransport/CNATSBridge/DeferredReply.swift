/// An answer that is given later, on the loop's thread; also when the connection has been lost and another has taken
/// its place meanwhile (without a connection it waits in the loop, within bounds). A drain waits for it.
///
/// Not `Sendable`: another thread that has the result hands it over by mailbox and `EventLoop.Handle.wake()`.
package struct DeferredReply: ~Copyable {
    private let subject: [CChar]
    private let port: ReplyPort
    private var isSettled = false

    init(to subject: UnsafePointer<CChar>?, through port: ReplyPort) {
        unsafe self.subject = subject.map { unsafe Array(String(cString: $0).utf8CString) } ?? []
        self.port = port
        port.outstanding += 1
    }

    deinit {
        port.outstanding -= 1
        if !isSettled && !subject.isEmpty { port.counts.unanswered += 1 }
    }

    package var hasSubject: Bool { !subject.isEmpty }

    package consuming func send(_ body: RawSpan) {
        isSettled = true
        guard !subject.isEmpty else { return }
        port.sendLate(body, error: nil, to: subject)
    }

    package consuming func sendError(code: Int, text: String, body: RawSpan) {
        isSettled = true
        guard !subject.isEmpty else { return }
        port.sendLate(body, error: ReplyPort.ErrorHeaders(code: code, text: text), to: subject)
    }

    package consuming func drop() {
        isSettled = true
    }
}
