internal import StrictJSON

extension UInt64 {
    /// Decimal digits and nothing else; nil for anything more than 64 bits, or nothing at all.
    init?(decimal digits: RawSpan) {
        guard digits.byteCount > 0 else { return nil }
        var value: UInt64 = 0
        for index in 0..<digits.byteCount {
            let digit = digits[index] &- UInt8(ascii: "0")
            guard digit < 10 else { return nil }
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, overflowToo) = product.addingReportingOverflow(UInt64(digit))
            guard !overflow, !overflowToo else { return nil }
            value = sum
        }
        self = value
    }
}
