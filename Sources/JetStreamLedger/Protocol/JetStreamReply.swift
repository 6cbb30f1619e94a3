internal import StrictJSON

/// What JetStream answers, as far as the ledger asks. Unknown members are passed over: servers add some with every version.
enum JetStreamReply {
    /// The answer to a publish: a sequence, or an error.
    static func published(_ body: RawSpan) -> PublishOutcome {
        var sequence: Int64 = 0
        do throws(JetStreamError) {
            try read(body) { scanner, key throws(JSONError) in
                guard scanner.matches(key, "seq") else { return false }
                sequence = try scanner.readInteger()
                return true
            }
        } catch {
            return error == .unreadable ? .unknown("the server's answer to a publish cannot be read") : PublishOutcome(error)
        }
        guard let sequence = UInt64(exactly: sequence), sequence > 0 else {
            return .unknown("the server's answer to a publish has no sequence")
        }
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
