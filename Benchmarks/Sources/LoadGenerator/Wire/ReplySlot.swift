/// The number of a request under way, as the last token of its reply subject: three characters, so that a reply finds its
/// request by two multiplications, and no more subjects are in use than requests are under way (nats-server remembers
/// where a subject leads, for some hundreds of them).
enum ReplySlot {
    static let width = 3
    static let limit = 62 * 62 * 62
    private static let digits = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)

    private static let values: [UInt8] = {
        var values = [UInt8](repeating: .max, count: 256)
        for (value, digit) in digits.enumerated() { values[Int(digit)] = UInt8(value) }
        return values
    }()

    /// Of all slots, one after the other.
    static let texts: [UInt8] = (0..<limit).flatMap { text($0) }

    static func text(_ slot: Int) -> [UInt8] {
        [digits[slot / 3_844 % 62], digits[slot / 62 % 62], digits[slot % 62]]
    }

    /// `nil` when these are not the characters of a slot.
    static func number(_ first: UInt8, _ second: UInt8, _ third: UInt8) -> Int? {
        let (a, b, c) = (values[Int(first)], values[Int(second)], values[Int(third)])
        guard a != .max, b != .max, c != .max else { return nil }
        return Int(a) * 3_844 + Int(b) * 62 + Int(c)
    }
}
