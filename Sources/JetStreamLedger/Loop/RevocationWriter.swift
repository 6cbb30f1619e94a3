import Blacklist
import TokenOperations

/// The two blacklists of a replica, as the ledger loop writes them. A class, because it is shared by what is written and
/// what is followed; of one thread.
final class RevocationWriter {
    private var families: Blacklist.Writer
    private var accessTokens: Blacklist.Writer

    private let lists: [Blacklist]
    private var awaited: [Revocation] = []

    init(families: Blacklist, accessTokens: Blacklist) {
        lists = [families, accessTokens]
        self.families = Blacklist.Writer(families)
        self.accessTokens = Blacklist.Writer(accessTokens)
    }

    /// How many ids they hold.
    var count: Int { lists.reduce(0) { $0 + $1.count } }

    func insert(_ revocation: Revocation) throws(BlacklistError) {
        let expiresAt = revocation.expiresAt.milliseconds
        switch revocation.kind {
        case .family: try families.insert(revocation.id, expiresAt: expiresAt)
        case .accessToken: try accessTokens.insert(revocation.id, expiresAt: expiresAt)
        }
    }

    /// Inserts it together with those that come next, at the latest by `insertAwaited`: of one by itself, nearly all the
    /// time is spent waiting for memory that can be fetched meanwhile.
    func insertSoon(_ revocation: Revocation) throws(BlacklistError) {
        switch revocation.kind {
        case .family: families.prefetch(revocation.id)
        case .accessToken: accessTokens.prefetch(revocation.id)
        }
        awaited.append(revocation)
        if awaited.count == Self.awaitedAtMost { try insertAwaited() }
    }

    /// All that can be: an error is that of the first that cannot.
    func insertAwaited() throws(BlacklistError) {
        guard !awaited.isEmpty else { return }
        var failure: BlacklistError?
        for revocation in awaited {
            do throws(BlacklistError) {
                try insert(revocation)
            } catch {
                failure = failure ?? error
            }
        }
        awaited.removeAll(keepingCapacity: true)
        if let failure { throw failure }
    }

    /// So many cache lines, twice, as the processor fetches at the same time.
    private static let awaitedAtMost = 8

    /// One that this replica is asked for. It is refused while there is still room for what the others take: a record in the
    /// stream that finds none would end the answering of everything.
    func insertOwn(_ revocation: Revocation) throws(BlacklistError) {
        let list = lists[revocation.kind == .family ? 0 : 1]
        guard list.hasRoom else { throw list.refused() }
        try insert(revocation)
    }

    func removeExpired(at now: UnixTime) {
        families.removeExpired(at: now.milliseconds)
        accessTokens.removeExpired(at: now.milliseconds)
    }

    /// Where `unexpired` is to go on.
    struct Cursor {
        var kind = Revocation.Kind.family
        var place = BlacklistCursor.start
    }

    /// A bounded number of revocations (one segment's) that have not expired, and moves on; false at the end. Each has an
    /// expiry that is no earlier than its own was.
    func unexpired(at now: UnixTime, from cursor: inout Cursor, into revocations: inout [Revocation]) -> Bool {
        let kind = cursor.kind
        func take(_ id: UUIDv7, _ expiresAt: Int64) {
            revocations.append(
                Revocation(
                    kind: kind, id: id, expiresAt: UnixTime(milliseconds: expiresAt), reason: .blacklisted))
        }
        switch kind {
        case .family:
            let next = families.forEachUnexpired(at: now.milliseconds, from: cursor.place, take)
            cursor = next.map { Cursor(kind: .family, place: $0) } ?? Cursor(kind: .accessToken)
            return true
        case .accessToken:
            guard let next = accessTokens.forEachUnexpired(at: now.milliseconds, from: cursor.place, take) else {
                return false
            }
            cursor.place = next
            return true
        }
    }
}
