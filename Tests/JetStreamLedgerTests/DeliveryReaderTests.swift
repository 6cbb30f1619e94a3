import StrictJSON
import TestSupport
import Testing

@testable import JetStreamLedger

@Suite("The places of deliveries, one after the other")
struct DeliveryReaderTests {
    @Test("20,000 reply subjects, whole and changed, are read as each is by itself, whatever came before")
    func sameAsAlone() {
        let names = ConsumerName(instance: "A1")
        let seed = UInt64.random(in: .min ... .max)
        var random = SeededGenerator(seed: seed)
        var reader = DeliveryReader(names: names)
        var readable = 0
        func number() -> UInt64 { random.next() >> (random.next() % 64) }
        for _ in 0..<20_000 {
            let name = names.name(41 + random.next() % 3)
            let numbers = (0..<5).map { _ in String(number()) }.joined(separator: ".")
            var subject =
                switch random.next() % 8 {
                case 0: Array("$JS.ACK.hub.hash.TOKEN_LEDGER.\(name).\(numbers)".utf8)
                case 1: Array("$JS.ACK.hub.hash.TOKEN_LEDGER.\(name).\(numbers).random".utf8)
                case 2: Array("$JS.ACK.TOKEN_LEDGER.\(name).\(numbers).\(number())".utf8)
                default: Array("$JS.ACK.TOKEN_LEDGER.\(name).\(numbers)".utf8)
                }
            switch random.next() % 4 {
            case 0: subject[Int(random.next() % UInt64(subject.count))] = UInt8(truncatingIfNeeded: random.next())
            case 1: subject.insert(UInt8(ascii: random.next() % 2 == 0 ? "." : "9"), at: Int(random.next() % UInt64(subject.count)))
            default: break
            }
            let alone = Delivery(replySubject: subject.rawSpan, names: names)
            if alone != nil { readable += 1 }
            #expect(reader.read(subject.rawSpan) == alone, "\(String(decoding: subject, as: UTF8.self)), seed \(seed)")
        }
        #expect(readable > 5_000)
    }
}
