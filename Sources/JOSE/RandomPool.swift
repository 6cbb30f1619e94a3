/// Random words from a supply that is filled a page at a time.
///
/// A call into OpenSSL's generator costs some 570 ns however little it is asked for, and twice that for a whole page;
/// with two words for each of three identifiers that would be a seventh of what signing a pair of tokens costs. From
/// the pool a word costs 17 ns. Every word is wiped here when it is given out, so that what is left in memory tells nothing
/// of what was issued. Owned by one thread; no allocation after `init`. The service does not fork: a forked child would
/// give out its parent's words again.
package struct RandomPool: ~Copyable {
    /// The bytes that are fetched at a time.
    package static let pageLength = 4096

    private var page = [UInt64](repeating: 0, count: pageLength / 8)
    private var next: Int

    package init() {
        next = page.count
    }

    /// 64 random bits. Throws when the generator has no seed; then nothing may be issued.
    package mutating func word() throws(JOSEError) -> UInt64 {
        if next == page.count {
            try SecureRandom.fill(&page)
            next = 0
        }
        let word = page[next]
        page[next] = 0
        next += 1
        return word
    }
}
