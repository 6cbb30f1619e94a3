internal import StrictJSON
internal import TokenOperations

extension JetStreamReply {
    /// The answer to `JetStreamRequest.streamInformation`, for people.
    static func details(_ body: RawSpan) throws(JetStreamError) -> StreamDetails {
        var details = StreamDetails()
        try read(body) { scanner, key throws(JSONError) in
            if scanner.matches(key, "created") {
                details.created = try scanner.readText()
            } else if scanner.matches(key, "ts") {
                details.time = try scanner.readTime() ?? details.time
            } else if scanner.matches(key, "state") {
                try details.readState(&scanner)
            } else if scanner.matches(key, "cluster") {
                try details.cluster.read(&scanner)
            } else {
                return false
            }
            return true
        }
        return details
    }

    /// The answer to the creation of a consumer: how many records it will deliver.
    static func pending(_ body: RawSpan) throws(JetStreamError) -> UInt64 {
        var pending: UInt64?
        try read(body) { scanner, key throws(JSONError) in
            guard scanner.matches(key, "num_pending") else { return false }
            pending = UInt64(exactly: try scanner.readInteger())
            return true
        }
        guard let pending else { throw .unreadable }
        return pending
    }

    /// The answer to `JetStreamRequest.consumers`: a page, and how many there are in all.
    static func consumers(_ body: RawSpan) throws(JetStreamError) -> (page: [StreamConsumer], total: UInt64) {
        var page: [StreamConsumer] = []
        var total: Int64 = 0
        try read(body) { scanner, key throws(JSONError) in
            if scanner.matches(key, "total") {
                total = try scanner.readInteger()
            } else if scanner.matches(key, "consumers") {
                try scanner.beginArray()
                while try scanner.nextElement() { page.append(try StreamConsumer(reading: &scanner)) }
            } else {
                return false
            }
            return true
        }
        return (page, UInt64(clamping: total))
    }
}

extension JSONScanner {
    fileprivate mutating func readTime() throws(JSONError) -> UnixTime? {
        // A stream without messages gives the year 1.
        RFC3339.unixNanoseconds(bytes(try readString())).map { UnixTime(milliseconds: Int64($0 / 1_000_000)) }
    }
}

extension StreamDetails {
    fileprivate mutating func readState(_ scanner: inout JSONScanner) throws(JSONError) {
        try scanner.beginObject()
        while let key = try scanner.nextKey() {
            if scanner.matches(key, "messages") {
                messages = UInt64(clamping: try scanner.readInteger())
            } else if scanner.matches(key, "bytes") {
                bytes = try scanner.readInteger()
            } else if scanner.matches(key, "first_seq") {
                firstSequence = UInt64(clamping: try scanner.readInteger())
            } else if scanner.matches(key, "last_seq") {
                lastSequence = UInt64(clamping: try scanner.readInteger())
            } else if scanner.matches(key, "first_ts") {
                firstTime = try scanner.readTime()
            } else if scanner.matches(key, "last_ts") {
                lastTime = try scanner.readTime()
            } else if scanner.matches(key, "consumer_count") {
                consumers = try scanner.readInteger()
            } else {
                try scanner.skipValue()
            }
        }
    }
}

extension StreamDetails.Cluster {
    fileprivate mutating func read(_ scanner: inout JSONScanner) throws(JSONError) {
        try scanner.beginObject()
        while let key = try scanner.nextKey() {
            if scanner.matches(key, "name") {
                name = try scanner.readText()
            } else if scanner.matches(key, "leader") {
                let text = try scanner.readText()
                leader = text.isEmpty ? nil : text
            } else if scanner.matches(key, "replicas") {
                try scanner.beginArray()
                while try scanner.nextElement() { followers.append(try StreamDetails.Follower(reading: &scanner)) }
            } else {
                try scanner.skipValue()
            }
        }
    }
}

extension StreamDetails.Follower {
    fileprivate init(reading scanner: inout JSONScanner) throws(JSONError) {
        self.init()
        try scanner.beginObject()
        while let key = try scanner.nextKey() {
            if scanner.matches(key, "name") {
                name = try scanner.readText()
            } else if scanner.matches(key, "current") {
                isCurrent = try scanner.readBoolean()
            } else if scanner.matches(key, "offline") {
                isOffline = try scanner.readBoolean()
            } else if scanner.matches(key, "lag") {
                lag = try scanner.readInteger()
            } else if scanner.matches(key, "active") {
                heardAgo = try scanner.readInteger()
            } else {
                try scanner.skipValue()
            }
        }
    }
}

extension StreamConsumer {
    fileprivate init(reading scanner: inout JSONScanner) throws(JSONError) {
        self.init()
        try scanner.beginObject()
        while let key = try scanner.nextKey() {
            if scanner.matches(key, "name") {
                name = try scanner.readText()
            } else if scanner.matches(key, "num_pending") {
                pending = UInt64(clamping: try scanner.readInteger())
            } else if scanner.matches(key, "push_bound") {
                isBound = try scanner.readBoolean()
            } else if scanner.matches(key, "config") {
                try scanner.beginObject()
                while let key = try scanner.nextKey() {
                    if scanner.matches(key, "filter_subject") { filter = try scanner.readText() } else { try scanner.skipValue() }
                }
            } else if scanner.matches(key, "delivered") {
                try scanner.beginObject()
                while let key = try scanner.nextKey() {
                    if scanner.matches(key, "stream_seq") {
                        deliveredSequence = UInt64(clamping: try scanner.readInteger())
                    } else {
                        try scanner.skipValue()
                    }
                }
            } else {
                try scanner.skipValue()
            }
        }
    }
}
