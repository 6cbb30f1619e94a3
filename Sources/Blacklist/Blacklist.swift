import Synchronization

/// The ids that must no longer be believed: one instance for families (`sid`), one for access tokens (`jti`).
///
/// Promises. Exact: an id that was inserted and has not expired is found by every reader, from the moment the insert
/// returns; an id that was never inserted is never found. Nothing is forgotten to save memory: at `capacity` an insert
/// is refused, and whoever asked for the revocation is told so.
///
/// Threads. One `Writer` (the ledger's), any number of `Reader`s (one a request loop). A reader says with `quiesce()`
/// that it holds nothing of what it has looked at, once a batch of requests; that is when storage may be reclaimed.
///
/// Cost. A dictionary behind a mutex: about 50 ns a lookup and a cache line that readers share. It is the plain
/// implementation against which a faster one has to prove itself; nothing outside this file knows what is inside.
package final class Blacklist: Sendable {
    /// Ids held at the most. A dictionary of this size takes some 700 MB; a replica that reaches it needs a shorter
    /// life for its tokens or another look at who revokes a thousand of them a second.
    package static let defaultCapacity = 10_000_000

    private let capacity: Int
    private let entries = Mutex<[UUIDv7: Int64]>([:])

    package init(capacity: Int = Blacklist.defaultCapacity) {
        self.capacity = capacity
    }

    /// The number of ids held, expired ones that have not been dropped yet included.
    package var count: Int { entries.withLock { $0.count } }

    /// The looking side: one a thread, never shared.
    package struct Reader: ~Copyable {
        private let blacklist: Blacklist

        package init(_ blacklist: Blacklist) {
            self.blacklist = blacklist
        }

        /// Whether the id was revoked. Says nothing about ids whose record has expired: the token's own `exp` decides those.
        package func contains(_ id: UUIDv7) -> Bool {
            blacklist.entries.withLock { $0[id] != nil }
        }

        /// Between two batches: this reader holds no reference into the storage.
        package func quiesce() {}
    }

    /// The changing side: the ledger's, one an instance.
    package struct Writer: ~Copyable {
        private let blacklist: Blacklist

        package init(_ blacklist: Blacklist) {
            self.blacklist = blacklist
        }

        /// Holds the id until `expiresAt` (Unix milliseconds). Inserted twice, the later expiry counts.
        ///
        /// - Throws: `BlacklistError.full` at the capacity; the id is then not held, and must not be acknowledged.
        package func insert(_ id: UUIDv7, expiresAt: Int64) throws(BlacklistError) {
            let capacity = blacklist.capacity
            let inserted = blacklist.entries.withLock { entries in
                if let held = entries[id] {
                    entries[id] = max(held, expiresAt)
                    return true
                }
                guard entries.count < capacity else { return false }
                entries[id] = expiresAt
                return true
            }
            guard inserted else { throw .full(capacity: capacity) }
        }

        /// Drops what expired before `now` (Unix milliseconds) and returns how many that were.
        @discardableResult
        package func removeExpired(at now: Int64) -> Int {
            blacklist.entries.withLock { entries in
                let before = entries.count
                entries = entries.filter { $0.value > now }
                return before - entries.count
            }
        }
    }
}

package enum BlacklistError: Error, Equatable, CustomStringConvertible {
    /// The blacklist holds as many ids as it may.
    case full(capacity: Int)

    package var description: String {
        switch self {
        case .full(let capacity): "the blacklist is full: it holds \(capacity) ids"
        }
    }
}
