internal import StrictJSON

/// The stream's configuration, as far as the ledger's promises hang on it.
///
/// One message a subject, in files, never discarded to make room, kept for the longest life of a family: anything else
/// would forget what was acknowledged. No direct gets, because they may be answered by a replica that lags behind.
struct StreamConfiguration: Equatable, Sendable {
    var name = LedgerSubject.stream
    var subjects = [LedgerSubject.all]
    var storage = "file"
    var retention = "limits"
    var discard = "new"
    var maxMessagesPerSubject: Int64 = 1
    var maxMessages: Int64 = -1
    var maxBytes: Int64 = -1
    /// Nanoseconds; 0 means for ever.
    var maxAge: Int64
    var replicas: Int64
    var allowDirect = false
    /// What a server does only when it is told to, and what would store records elsewhere, otherwise, or not at all:
    /// each with its value as JSON. Named by their members.
    var foreign: [String] = []
    /// Of the server that answers for it; nil when it does not say.
    var server: ServerVersion?

    /// Members of a configuration that must not be there, or be false, or empty.
    static let unwanted: [StaticString] = [
        "no_ack", "sealed", "discard_new_per_subject", "subject_transform", "mirror", "sources", "persist_mode",
    ]

    /// Of these, and of the members that are compared, those that forget nothing by themselves: what cannot be written then is
    /// not acknowledged.
    private static let harmless: Set<String> = ["no_ack", "sealed", "discard_new_per_subject", maxMessageSize]

    private static let maxMessageSize = "max_msg_size"

    /// More than any record takes up, with its subject and headers.
    static let recordBytes: Int64 = 1_024

    /// For a ledger whose records matter for `recordLifetime` seconds at the longest.
    init(recordLifetime: Int64, replicas: Int64) {
        maxAge = recordLifetime * 1_000_000_000
        self.replicas = replicas
    }

    /// What to do about a stream that is there.
    enum Verdict: Equatable, Sendable {
        case fits
        /// Records would be dropped too early: to be updated to this, and nothing else about it changed.
        case raiseMaxAge(to: Int64)
        /// Somebody configured it for something else; the text names every difference.
        case refuse(String)
    }

    /// Whether a stream that is not as it is wanted could have lost a record, or taken one for stored that is not to be found,
    /// while it was so.
    func mayForget(as found: StreamConfiguration) -> Bool {
        if let server = found.server, server < .oldest { return true }
        if (storage, retention, discard, maxMessages) != (found.storage, found.retention, found.discard, found.maxMessages) {
            return true
        }
        if found.maxAge != 0, found.maxAge < maxAge { return true }
        return found.foreign.contains { setting in !Self.harmless.contains { setting.hasPrefix($0) } }
    }

    /// Compares a stream that is there with what is wanted. A longer `max_age` is kept: it costs room and loses nothing.
    /// More or fewer replicas are an operator's to change, on the stream itself, so a difference is refused and named.
    func verdict(on found: StreamConfiguration) -> Verdict {
        if let server = found.server, server < .oldest { return .refuse(StartTrouble.tooOld) }
        var differences: [String] = []
        func compare<Value: Equatable>(_ what: String, _ wanted: Value, _ is: Value) {
            if wanted != `is` { differences.append("\(what) is \(`is`) and must be \(wanted)") }
        }
        compare("subjects", subjects, found.subjects)
        compare("storage", storage, found.storage)
        compare("retention", retention, found.retention)
        compare("discard", discard, found.discard)
        compare("max_msgs_per_subject", maxMessagesPerSubject, found.maxMessagesPerSubject)
        compare("max_msgs", maxMessages, found.maxMessages)
        compare("allow_direct", allowDirect, found.allowDirect)
        differences += found.foreign.map { "\($0) is set and must not be" }
        if !differences.isEmpty {
            return .refuse(
                """
                stream \(name) was made for something else: \(differences.joined(separator: "; ")). Change it \
                (`nats stream edit \(name)`; the storage cannot be changed). A stream that is no ledger can be removed \
                (`nats stream rm \(name)`), or the ledger kept in another account of NATS; of a ledger's nothing can be spared
                """)
        }
        if replicas != found.replicas {
            return .refuse(
                """
                stream \(name) is held by \(found.replicas) of the nats-servers (num_replicas is \(found.replicas)), and \
                --ledger-replicas is \(replicas). Either start with --ledger-replicas \(found.replicas), or change the \
                stream: `nats stream edit \(name) --replicas \(replicas)`
                """)
        }
        if found.maxAge != 0, found.maxAge < maxAge { return .raiseMaxAge(to: maxAge) }
        return .fits
    }
}

extension StreamConfiguration {
    /// The body of `$JS.API.STREAM.CREATE.…`.
    func encoded() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(#"{"name":"#)
        bytes.appendJSONString(Array(name.utf8).rawSpan)
        bytes.append(#","subjects":["#)
        for (index, subject) in subjects.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            bytes.appendJSONString(Array(subject.utf8).rawSpan)
        }
        bytes.append(#"],"storage":"#)
        bytes.appendJSONString(Array(storage.utf8).rawSpan)
        bytes.append(#","retention":"#)
        bytes.appendJSONString(Array(retention.utf8).rawSpan)
        bytes.append(#","discard":"#)
        bytes.appendJSONString(Array(discard.utf8).rawSpan)
        let numbers: [(StaticString, Int64)] = [
            (#","max_msgs_per_subject":"#, maxMessagesPerSubject), (#","max_msgs":"#, maxMessages),
            (#","max_bytes":"#, maxBytes), (#","max_age":"#, maxAge), (#","num_replicas":"#, replicas),
        ]
        for (key, value) in numbers {
            bytes.append(key)
            bytes.appendDecimal(value)
        }
        bytes.append(allowDirect ? #","allow_direct":true}"# : #","allow_direct":false}"#)
        return bytes
    }

    /// The member `config` of a stream's information. What the server leaves out has its zero value.
    init(reading scanner: inout JSONScanner) throws(JSONError) {
        self.init(recordLifetime: 0, replicas: 1)
        subjects = []
        (storage, retention, discard, name) = ("", "", "old", "")
        maxMessagesPerSubject = 0
        try scanner.beginObject()
        while let key = try scanner.nextKey() {
            if scanner.matches(key, "subjects") {
                try scanner.beginArray()
                while try scanner.nextElement() { subjects.append(try scanner.readText()) }
            } else if scanner.matches(key, "name") {
                name = try scanner.readText()
            } else if scanner.matches(key, "storage") {
                storage = try scanner.readText()
            } else if scanner.matches(key, "retention") {
                retention = try scanner.readText()
            } else if scanner.matches(key, "discard") {
                discard = try scanner.readText()
            } else if scanner.matches(key, "max_msgs_per_subject") {
                maxMessagesPerSubject = try scanner.readInteger()
            } else if scanner.matches(key, "max_msgs") {
                maxMessages = try scanner.readInteger()
            } else if scanner.matches(key, "max_bytes") {
                maxBytes = try scanner.readInteger()
            } else if scanner.matches(key, "max_age") {
                maxAge = try scanner.readInteger()
            } else if scanner.matches(key, "num_replicas") {
                replicas = try scanner.readInteger()
            } else if scanner.matches(key, "allow_direct") {
                allowDirect = try scanner.readBoolean()
            } else if scanner.matches(key, "max_msg_size") {
                let size = try scanner.readInteger()
                if size >= 0, size < Self.recordBytes { foreign.append("\(Self.maxMessageSize) (\(size))") }
            } else if scanner.matches(key, "metadata"), try scanner.peek() == .object {
                try readMetadata(&scanner)
            } else if let name = Self.unwanted.first(where: { scanner.matches(key, $0) }) {
                if try Self.readIsSet(&scanner) { foreign.append("\(name)") }
            } else {
                try scanner.skipValue()
            }
        }
    }

    private mutating func readMetadata(_ scanner: inout JSONScanner) throws(JSONError) {
        try scanner.beginObject()
        while let key = try scanner.nextKey() {
            if scanner.matches(key, "_nats.ver") {
                server = ServerVersion(try scanner.readText())
            } else {
                try scanner.skipValue()
            }
        }
    }

    /// Whether a member is anything but its zero value. The default mode of persistence has a name of its own.
    private static func readIsSet(_ scanner: inout JSONScanner) throws(JSONError) -> Bool {
        switch try scanner.peek() {
        case .boolean:
            return try scanner.readBoolean()
        case .null:
            try scanner.readNull()
            return false
        case .string:
            return !["", "default"].contains(try scanner.readText())
        case .array:
            var isEmpty = true
            try scanner.beginArray()
            while try scanner.nextElement() {
                isEmpty = false
                try scanner.skipValue()
            }
            return !isEmpty
        case .object, .number:
            try scanner.skipValue()
            return true
        }
    }
}
