/// `SecureRandom` as a `RandomNumberGenerator`, from a supply that is filled a page at a time.
///
/// A call into OpenSSL's generator costs some 570 ns however little it is asked for, and twice that for a whole page;
/// with two words for each of three identifiers that would be a seventh of what signing a pair of tokens costs. From
/// the page a word costs 17 ns. Every word is wiped here when it is given out, so that what is left in memory tells
/// nothing of what was issued.
///
/// One thread. A class, because a copy would give out the same words again; the service does not fork, and a forked
/// child would. Should OpenSSL's generator fail, the system's takes its place: it is as good, and cannot.
package final class SecureRandomNumberGenerator: RandomNumberGenerator {
    /// The bytes that are fetched at a time.
    package static let pageLength = 4096

    private var page = [UInt64](repeating: 0, count: pageLength / 8)
    private var index: Int
    private var system = SystemRandomNumberGenerator()

    package init() {
        index = page.count
    }

    package func next() -> UInt64 {
        if index == page.count {
            guard (try? SecureRandom.fill(&page)) != nil else { return system.next() }
            index = 0
        }
        defer { index += 1 }
        let word = page[index]
        page[index] = 0
        return word
    }
}
