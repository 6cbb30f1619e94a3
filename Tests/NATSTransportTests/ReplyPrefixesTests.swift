import NATSTransport
import TestSupport
import Testing

@Suite struct ReplyPrefixesTests {
    private func accepts(_ subject: String, _ prefixes: ReplyPrefixes = .default) -> Bool {
        prefixes.accepts(subject)
    }

    @Test("Inboxes, private inboxes and the replies of account exports are accepted",
        arguments: ["_INBOX.x", "_INBOX.a.b.c", "_INBOX_orders.x", "_INBOX.\u{e9}", "_R_.abc", "_R_.abc.1"])
    func accepted(subject: String) {
        #expect(accepts(subject))
    }

    @Test("Everything through which the service could be made to speak elsewhere is refused",
        arguments: [
            "", "_", "_INBOX", "_INBOX.", "_INBOX..x", "_INBOX.x.", "_INBOX.*", "_INBOX.>", "_INBOX.a*b", "_INBOX.a b",
            "_INBOX.a\tb", "_INBOX.a\rb", "_INBOX.a\u{0}b", "_INBOX.a\u{7f}", "_inbox.x", " _INBOX.x", "x._INBOX.x",
            "_R_", "_R_.", "_R_x.y", "$JS.API.STREAM.DELETE.TOKEN_LEDGER", "verify_token", "ledger.revoked.x", ".", ">",
            "_INBOX_orders", "_INBOX_orders.",
        ])
    func refused(subject: String) {
        #expect(!accepts(subject))
    }

    @Test("Only what is configured counts")
    func configured() {
        let prefixes = ReplyPrefixes(["replies.orders."])
        #expect(accepts("replies.orders.1", prefixes))
        #expect(!accepts("replies.orders", prefixes))
        #expect(!accepts("replies.other.1", prefixes))
        #expect(!accepts("_INBOX.x", prefixes))
        #expect(!accepts("_INBOX.x", ReplyPrefixes([])))
        #expect(!accepts("_INBOX.x", ReplyPrefixes([""])))
    }

    @Test("Eight bytes at a time, the answer is that of one byte at a time")
    func words() {
        var random = SeededGenerator(seed: 7)
        let alphabet = Array("abZ9._-/*> \t\u{1f}\u{7f}~\u{80}\u{e9}!\"".utf8) + Array(repeating: UInt8(ascii: "x"), count: 60)
        for _ in 0..<50_000 {
            var bytes = Array("_R_.".utf8)
            for _ in 0..<Int.random(in: 0...24, using: &random) {
                bytes.append(alphabet.randomElement(using: &random) ?? 0)
            }
            let expected = isLiteralSubject(bytes) && bytes.count > 4
            #expect(unsafe ReplyPrefixes.default.accepts(bytes.span.bytes) == expected, "\(bytes)")
        }
    }

    private func isLiteralSubject(_ bytes: [UInt8]) -> Bool {
        let tokens = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return tokens.allSatisfy { token in
            !token.isEmpty && token.allSatisfy { $0 > 0x20 && $0 != 0x7f && $0 != UInt8(ascii: "*") && $0 != UInt8(ascii: ">") }
        }
    }
}
