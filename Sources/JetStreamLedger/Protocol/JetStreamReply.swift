internal import StrictJSON

/// What JetStream answers, as far as the ledger asks. Unknown members are passed over: servers add some with every version.
enum JetStreamReply {
    /// The answer to a publish: a sequence, or an error.
    static func published(_ body: RawSpan) -> PublishOutcome {
        var members = Members()
        guard members.read(body) else { return .unknown("the server's answer to a publish cannot be read") }
        if let error = members.error { return PublishOutcome(error) }
        guard let sequence = members.sequence, sequence > 0 else {
            return .unknown("the server's answer to a publish has no sequence")
        }
        return .stored(sequence: UInt64(sequence))
    }

    /// The members of all answers that the ledger reads, at whatever level they stand.
    struct Members {
        var error: JetStreamError?
        var sequence: Int64?
        var created: String?
        var lastSequence: Int64?
        var firstSequence: Int64?

        /// False when it is not JSON, or not of the expected types.
        mutating func read(_ body: RawSpan) -> Bool {
            do throws(JSONError) {
                var scanner = JSONScanner(body)
                try scanner.beginObject()
                while let key = try scanner.nextKey() {
                    if scanner.matches(key, "error") {
                        try readError(&scanner)
                    } else if scanner.matches(key, "seq") {
                        sequence = try scanner.readInteger()
                    } else if scanner.matches(key, "created") {
                        created = try scanner.readText()
                    } else if scanner.matches(key, "state") {
                        try readState(&scanner)
                    } else {
                        try scanner.skipValue()
                    }
                }
                try scanner.finish()
                return true
            } catch {
                return false
            }
        }

        private mutating func readError(_ scanner: inout JSONScanner) throws(JSONError) {
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
            self.error = error
        }

        private mutating func readState(_ scanner: inout JSONScanner) throws(JSONError) {
            try scanner.beginObject()
            while let key = try scanner.nextKey() {
                if scanner.matches(key, "first_seq") {
                    firstSequence = try scanner.readInteger()
                } else if scanner.matches(key, "last_seq") {
                    lastSequence = try scanner.readInteger()
                } else {
                    try scanner.skipValue()
                }
            }
        }
    }
}
