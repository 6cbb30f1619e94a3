extension JSONScanner {
    /// Reads an integer. A number with a fraction or an exponent is none, even where its value is whole: nobody who
    /// issues tokens writes one, and refusing it spares the question of how exact the reader's arithmetic is.
    package mutating func readInteger() throws(JSONError) -> Int64 {
        try expect(.number)
        let start = position
        let isWhole = try scanNumber()
        guard isWhole else { throw JSONError(.notAnInteger, at: start) }
        let isNegative = text[start] == UInt8(ascii: "-")
        var value: Int64 = 0
        for index in (isNegative ? start + 1 : start)..<position {
            let digit = Int64(text[index] - UInt8(ascii: "0"))
            let (shifted, overflowed) = value.multipliedReportingOverflow(by: 10)
            // Downwards: the range reaches one further below zero than above.
            let (next, overflowedToo) = shifted.subtractingReportingOverflow(digit)
            guard !overflowed, !overflowedToo else { throw JSONError(.notAnInteger, at: start) }
            value = next
        }
        guard !isNegative else { return value }
        guard value != Int64.min else { throw JSONError(.notAnInteger, at: start) }
        return -value
    }

    /// Passes over a number whose first byte is next (RFC 8259 section 6) and says whether it is all digits.
    mutating func scanNumber() throws(JSONError) -> Bool {
        let start = position
        if text[position] == UInt8(ascii: "-") { position += 1 }
        if position < text.byteCount, text[position] == UInt8(ascii: "0") {
            position += 1
            // A leading zero: where a second digit follows, the number was meant, not another token.
            guard !isAtDigit else { throw JSONError(.invalidNumber, at: start) }
        } else {
            try scanDigits(of: start)
        }
        var isWhole = true
        if position < text.byteCount, text[position] == UInt8(ascii: ".") {
            isWhole = false
            position += 1
            try scanDigits(of: start)
        }
        if position < text.byteCount, text[position] | 0x20 == UInt8(ascii: "e") {
            isWhole = false
            position += 1
            if position < text.byteCount, text[position] == UInt8(ascii: "+") || text[position] == UInt8(ascii: "-") {
                position += 1
            }
            try scanDigits(of: start)
        }
        return isWhole
    }

    private var isAtDigit: Bool {
        position < text.byteCount && text[position] >= UInt8(ascii: "0") && text[position] <= UInt8(ascii: "9")
    }

    private mutating func scanDigits(of start: Int) throws(JSONError) {
        guard position < text.byteCount else { throw JSONError(.unexpectedEnd, at: position) }
        guard isAtDigit else { throw JSONError(.invalidNumber, at: start) }
        while isAtDigit { position += 1 }
    }
}
