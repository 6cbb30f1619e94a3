internal import StrictJSON

/// What JetStream answers, as far as the ledger asks. Unknown members are passed over: servers add some with every version.
enum JetStreamReply {
    private static let stream = Array(LedgerSubject.stream.utf8)

    /// What no stream but the ledger's may take: an operator has given its subjects to another.
    static let elsewhere = PublishOutcome.refused(
        """
        another stream than \(LedgerSubject.stream) has taken it. `nats stream find --subject '\(LedgerSubject.all)'` tells \
        which; give the ledger its subjects back
        """)

    /// The answer to a publish: a sequence, or an error.
    static func published(_ body: RawSpan) -> PublishOutcome {
        var sequence: Int64 = 0
        var isElsewhere = false
        do throws(JetStreamError) {
            try read(body) { scanner, key throws(JSONError) in
                if scanner.matches(key, "seq") {
                    sequence = try scanner.readInteger()
                } else if scanner.matches(key, "stream") {
                    isElsewhere = !scanner.matches(try scanner.readString(), stream.rawSpan)
                } else {
                    return false
                }
                return true
            }
        } catch {
            return error == .unreadable ? .unknown("the server's answer to a publish cannot be read") : PublishOutcome(error)
        }
        guard let sequence = UInt64(exactly: sequence), sequence > 0 else {
            return .unknown("the server's answer to a publish has no sequence")
        }
        if isElsewhere { return elsewhere }
        return .stored(sequence: sequence)
    }

    /// Whether it was done: of a request whose answer has nothing else that is wanted.
    static func done(_ body: RawSpan) throws(JetStreamError) {
        try read(body) { _, _ throws(JSONError) in false }
    }

    /// Reads the answer's members.
    ///
    /// - Parameter member: reads the value of the key if it wants it, and says whether it did.
    /// - Throws: the error that the answer holds; `unreadable` for what is not an answer.
    static func read(
        _ body: RawSpan, _ member: (inout JSONScanner, JSONString) throws(JSONError) -> Bool
    ) throws(JetStreamError) {
        var failure: JetStreamError?
        do throws(JSONError) {
            var scanner = JSONScanner(body)
            try scanner.beginObject()
            while let key = try scanner.nextKey() {
                if scanner.matches(key, "error") {
                    failure = try readError(&scanner)
                } else if try !member(&scanner, key) {
                    try scanner.skipValue()
                }
            }
            try scanner.finish()
        } catch {
            throw .unreadable
        }
        if let failure { throw failure }
    }

    private static func readError(_ scanner: inout JSONScanner) throws(JSONError) -> JetStreamError {
        var error = JetStreamError(code: 0, errorCode: 0, text: "")
        try scanner.beginObject()
        while let key = try scanner.nextKey() {
            if scanner.matches(key, "code") {
                error.code = try scanner.readInteger()
            } else if scanner.matches(key, "err_code") {
                error.errorCode = try scanner.readInteger()
            } else if scanner.matches(key, "description") {
                error.text = try scanner.readText()
            } else {
                try scanner.skipValue()
            }
        }
        return error
    }
}
