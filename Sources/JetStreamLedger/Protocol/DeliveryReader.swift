internal import StrictJSON

/// Reads the places of deliveries out of their reply subjects, one after the other, as `Delivery(replySubject:names:)` does.
///
/// All deliveries of a consumer begin with the same tokens. So what stood before the numbers of the last one is kept, and
/// a subject that begins with the same is read in one go; every other is read from its beginning. A replay reads a million.
struct DeliveryReader {
    private let names: ConsumerName
    /// Up to and with the point before `delivered`; empty before the first delivery.
    private var prefix: [UInt8] = []
    private var consumer: UInt64 = 0

    init(names: ConsumerName) {
        self.names = names
    }

    mutating func read(_ replySubject: RawSpan) -> Delivery? {
        if let delivery = readNumbers(replySubject) { return delivery }
        guard let delivery = Delivery(replySubject: replySubject, names: names) else { return nil }
        learn(replySubject, delivery.consumer)
        return delivery
    }

    /// Of the short form only, which servers use unless they are told otherwise: it ends with `pending`.
    private mutating func learn(_ subject: RawSpan, _ consumer: UInt64) {
        prefix.removeAll(keepingCapacity: true)
        var dots = 0
        var end = 0
        for index in 0..<subject.byteCount where subject[index] == UInt8(ascii: ".") {
            dots += 1
            if dots == 4 { end = index + 1 }
        }
        guard dots == 8 else { return }
        for index in 0..<end { prefix.append(subject[index]) }
        self.consumer = consumer
    }

    /// nil for whatever is not the prefix and five numbers: also for numbers that may not fit into 64 bits.
    private func readNumbers(_ subject: RawSpan) -> Delivery? {
        guard !prefix.isEmpty, subject.byteCount > prefix.count,
            subject.extracting(0..<prefix.count).equals(prefix.rawSpan)
        else { return nil }
        var numbers = Numbers(subject, from: prefix.count)
        guard numbers.next(isLast: false) != nil, let streamSequence = numbers.next(isLast: false),
            let consumerSequence = numbers.next(isLast: false), let time = numbers.next(isLast: false),
            let pending = numbers.next(isLast: true)
        else { return nil }
        return Delivery(
            consumer: consumer, consumerSequence: consumerSequence, streamSequence: streamSequence, time: time,
            pending: pending)
    }
}

/// Decimal numbers with a point between each two.
private struct Numbers: ~Escapable {
    private let subject: RawSpan
    private var position: Int

    @_lifetime(copy subject)
    init(_ subject: RawSpan, from position: Int) {
        self.subject = subject
        self.position = position
    }

    /// The last one goes to the subject's end, each other to a point.
    mutating func next(isLast: Bool) -> UInt64? {
        let start = position
        var value: UInt64 = 0
        while position < subject.byteCount {
            let digit = subject[position] &- UInt8(ascii: "0")
            guard digit < 10 else { break }
            value = value &* 10 &+ UInt64(digit)
            position += 1
        }
        // Nineteen digits fit for certain.
        guard position > start, position - start <= 19 else { return nil }
        if isLast { return position == subject.byteCount ? value : nil }
        guard position < subject.byteCount, subject[position] == UInt8(ascii: ".") else { return nil }
        position += 1
        return value
    }
}
