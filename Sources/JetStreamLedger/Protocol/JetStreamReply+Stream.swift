internal import StrictJSON

extension JetStreamReply {
    /// The answer to `JetStreamRequest.account`: the API's level; 0 from a server that is older than levels (2.10).
    static func account(_ body: RawSpan) throws(JetStreamError) -> Int64 {
        var level: Int64 = 0
        try read(body) { scanner, key throws(JSONError) in
            guard scanner.matches(key, "api") else { return false }
            try scanner.beginObject()
            while let key = try scanner.nextKey() {
                if scanner.matches(key, "level") { level = try scanner.readInteger() } else { try scanner.skipValue() }
            }
            return true
        }
        return level
    }

    /// The answer to `JetStreamRequest.streamInformation`, `.createStream` and `.updateStream`.
    static func stream(_ body: RawSpan) throws(JetStreamError) -> StreamInformation {
        var members = StreamMembers()
        try read(body) { scanner, key throws(JSONError) in try members.read(&scanner, key, in: body) }
        guard let configuration = members.configuration, let key = members.configurationKey,
            let range = JSONScanner.valueRange(afterKey: key, in: body), let created = members.created
        else { throw .unreadable }
        var raw: [UInt8] = []
        raw.append(body.extracting(range))
        var information = StreamInformation(
            configuration: configuration, rawConfiguration: raw, bytes: members.bytes)
        guard members.hasLeader, let age = quorumAge(of: members.followers, replicas: configuration.replicas),
            let last = UInt64(exactly: members.lastSequence), let first = UInt64(exactly: members.firstSequence)
        else { return information }
        let maxAge = UInt64(clamping: configuration.maxAge)
        information.state = StreamState(
            created: created, lastSequence: last, firstSequence: first, quorumAge: age,
            time: Int64(members.time / 1_000_000),
            keptSince: maxAge == 0 || members.time < maxAge ? 0 : members.time - maxAge)
        return information
    }

    /// In milliseconds, rounded up: how long ago a majority was with the leader, itself included. nil when it cannot be
    /// told, because too few have ever been heard of.
    private static func quorumAge(of followers: [Int64], replicas: Int64) -> Int64? {
        let peers = max(UInt64(clamping: replicas), UInt64(followers.count) + 1)
        let needed = peers / 2
        guard needed > 0 else { return 0 }
        // 0 stands for never.
        let heard = followers.filter { $0 > 0 }.sorted()
        guard let index = Int(exactly: needed - 1), index < heard.count else { return nil }
        return heard[index] / 1_000_000 + 1
    }
}

/// What is read of a stream's information.
private struct StreamMembers {
    var configuration: StreamConfiguration?
    var configurationKey: Range<Int>?
    var created: String?
    /// The server's clock, in Unix nanoseconds.
    var time: UInt64 = 0
    var bytes: Int64 = 0
    var lastSequence: Int64 = -1
    var firstSequence: Int64 = -1
    /// A server without a cluster says so too.
    var hasLeader = false
    /// Nanoseconds since the leader heard of each.
    var followers: [Int64] = []

    /// Reads the member's value if it is wanted.
    mutating func read(
        _ scanner: inout JSONScanner, _ key: JSONString, in body: RawSpan
    ) throws(JSONError) -> Bool {
        if scanner.matches(key, "config") {
            configurationKey = body.byteOffsets(of: scanner.bytes(key))
            configuration = try StreamConfiguration(reading: &scanner)
        } else if scanner.matches(key, "created") {
            created = try scanner.readText()
        } else if scanner.matches(key, "ts") {
            time = RFC3339.unixNanoseconds(scanner.bytes(try scanner.readString())) ?? 0
        } else if scanner.matches(key, "state") {
            try readState(&scanner)
        } else if scanner.matches(key, "cluster") {
            try readCluster(&scanner)
        } else {
            return false
        }
        return true
    }

    private mutating func readState(_ scanner: inout JSONScanner) throws(JSONError) {
        try scanner.beginObject()
        while let key = try scanner.nextKey() {
            if scanner.matches(key, "first_seq") {
                firstSequence = try scanner.readInteger()
            } else if scanner.matches(key, "last_seq") {
                lastSequence = try scanner.readInteger()
            } else if scanner.matches(key, "bytes") {
                bytes = try scanner.readInteger()
            } else {
                try scanner.skipValue()
            }
        }
    }

    private mutating func readCluster(_ scanner: inout JSONScanner) throws(JSONError) {
        try scanner.beginObject()
        while let key = try scanner.nextKey() {
            if scanner.matches(key, "leader") {
                hasLeader = try !scanner.readText().isEmpty
            } else if scanner.matches(key, "replicas") {
                try scanner.beginArray()
                while try scanner.nextElement() { try readFollower(&scanner) }
            } else {
                try scanner.skipValue()
            }
        }
    }

    private mutating func readFollower(_ scanner: inout JSONScanner) throws(JSONError) {
        var age: Int64 = 0
        try scanner.beginObject()
        while let key = try scanner.nextKey() {
            if scanner.matches(key, "active") { age = try scanner.readInteger() } else { try scanner.skipValue() }
        }
        followers.append(age)
    }
}
