internal import StrictJSON

extension Delivery {
    /// Reads the reply subject of a message that a consumer pushed: where it stands in stream and consumer.
    ///
    /// `$JS.ACK.<stream>.<consumer>.<delivered>.<stream sequence>.<consumer sequence>.<time>.<pending>`, and on servers
    /// that set so `$JS.ACK.<domain>.<account>.<stream>.…` with more after `pending` (NATS ADR-15). nil for anything
    /// else, and for a consumer that is not one of `names`. Nothing is allocated: it is asked for every delivery.
    init?(replySubject: RawSpan, names: ConsumerName) {
        var tokens = SubjectTokens(replySubject)
        let count = tokens.count
        guard count == 9 || count >= 11, tokens.next(is: "$JS"), tokens.next(is: "ACK") else { return nil }
        if count >= 11 {
            tokens.skip()
            tokens.skip()
        }
        tokens.skip()
        guard let consumer = names.number(of: tokens.next()) else { return nil }
        tokens.skip()
        guard let streamSequence = UInt64(decimal: tokens.next()), let consumerSequence = UInt64(decimal: tokens.next()),
            let time = UInt64(decimal: tokens.next()), let pending = UInt64(decimal: tokens.next())
        else { return nil }
        self.init(
            consumer: consumer, consumerSequence: consumerSequence, streamSequence: streamSequence, time: time,
            pending: pending)
    }
}

/// The tokens of a subject, one after the other; empty ones at its end.
private struct SubjectTokens: ~Escapable {
    private let subject: RawSpan
    private var position = 0

    @_lifetime(copy subject)
    init(_ subject: RawSpan) {
        self.subject = subject
    }

    /// Of the whole subject.
    var count: Int {
        var dots = 0
        for index in 0..<subject.byteCount where subject[index] == UInt8(ascii: ".") { dots += 1 }
        return dots + 1
    }

    @_lifetime(copy self)
    mutating func next() -> RawSpan {
        let start = position
        var end = start
        while end < subject.byteCount, subject[end] != UInt8(ascii: ".") { end += 1 }
        position = min(end + 1, subject.byteCount)
        return subject.extracting(start..<end)
    }

    mutating func skip() {
        _ = next()
    }

    mutating func next(is text: StaticString) -> Bool {
        let token = next()
        guard token.byteCount == text.utf8CodeUnitCount else { return false }
        let expected = text.rawSpan
        for index in 0..<token.byteCount where token[index] != expected[index] { return false }
        return true
    }
}
