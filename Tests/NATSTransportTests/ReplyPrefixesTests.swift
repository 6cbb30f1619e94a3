import NATSTransport
import Testing

@Suite struct ReplyPrefixesTests {
    private func accepts(_ subject: String, _ prefixes: ReplyPrefixes = .default) -> Bool {
        prefixes.accepts(Array(subject.utf8).span)
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
}
