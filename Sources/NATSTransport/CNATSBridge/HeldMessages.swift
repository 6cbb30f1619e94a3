/// The messages that a loop holds between two calls of cnats'.
struct HeldMessages: ~Copyable {
    /// Requests that are answered, and not yet freed.
    var spent = SpentMessages(.requests)
    /// What the loop itself has asked for and read.
    var spentOwn = SpentMessages(.own)
    /// Not yet answered.
    var putOff: PutOffRequests

    init(limits: TransportLimits, endpoints: Int) {
        putOff = PutOffRequests(limits: limits, endpoints: endpoints)
    }

    mutating func freeSpent(always: Bool) {
        spent.free(always: always)
        spentOwn.free(always: always)
    }
}
