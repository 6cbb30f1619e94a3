import Blacklist
import Foundation

/// How many absent ids pass the filter, in theory and in truth.
enum Filter {
    static func rows() throws {
        // Just before the segments of one slice split: 64 of them, each as full as it gets, bar the spread of a hash.
        let design = 26_212 * 64 / 100 * 98
        let fills = [
            ("at its design fill (20 bits a key)", design), ("just after a split (40 bits a key)", design / 98 * 51),
        ]
        for (name, count) in fills {
            let blacklist = Blacklist.forMeasuring()
            try blacklist.insertAll(Spread.oneSlice.ids(count, seed: 4))
            let absent = Spread.oneSlice.ids(8 << 20, seed: 6)
            var reader = Blacklist.Reader(blacklist)
            let found = reader.count(absent)
            precondition(found == 0)
            let slots = Double(nextPowerOfTwo(Int(Double(count) / 0.8)))
            let measured = Double(blacklist.counters.refusedPasses) / Double(absent.count) * 100
            let expected = theory(keysPerLine: Double(count) / slots * 32) * 100
            Report.row(
                "filter's false positives \(name)", Series(values: [measured]), unit: "%", against: "theory",
                Series(values: [expected]), Series(values: [measured / expected]), target: "theory, stated")
        }
    }

    /// A line has a number of keys that is Poisson distributed; each key sets two bits (which can be the same) in three
    /// of eight words, and an absent one asks for two bits in each of three. The three are taken for independent, which
    /// they are not quite: keys and questions with the same start share all three words.
    static func theory(keysPerLine: Double) -> Double {
        let oneStaysClear = 1 - 3.0 / 8 * (1 - pow(63.0 / 64, 2))
        let twoStayClear = 1 - 3.0 / 8 * (1 - pow(62.0 / 64, 2))
        var chance = exp(-keysPerLine)
        var sum = 0.0
        for keys in 0..<200 {
            let (one, two) = (pow(oneStaysClear, Double(keys)), pow(twoStayClear, Double(keys)))
            let wordPasses = (1 - one) / 64 + (1 - 2 * one + two) * 63 / 64
            sum += chance * pow(wordPasses, 3)
            chance *= keysPerLine / Double(keys + 1)
        }
        return sum
    }

    private static func nextPowerOfTwo(_ number: Int) -> Int {
        1 << (Int.bitWidth - (number - 1).leadingZeroBitCount)
    }
}
