import Foundation

/// How much memory the system gives this process.
enum AddressSpace {
    enum Failure: Error { case unknownUse, refused }

    /// From here on it gets no more than this beyond what it has; returns the limit that was there.
    static func limit(beyondPresentUseBytes bytes: Int) throws -> rlimit {
        var before = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &before) == 0 else { throw Failure.refused }
        // The first figure is the size of the address space in pages.
        let figures = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")
        guard let pages = figures.first.flatMap({ rlim_t($0) }) else { throw Failure.unknownUse }
        var limit = before
        limit.rlim_cur = pages * rlim_t(getpagesize()) + rlim_t(bytes)
        guard unsafe setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit) == 0 else { throw Failure.refused }
        return before
    }

    static func restore(_ limit: rlimit) {
        var limit = limit
        _ = unsafe setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit)
    }
}
