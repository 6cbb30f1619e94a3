/// What the operators see of a blacklist. Each number is right by itself; together they are not of one moment.
package struct BlacklistCounters: Equatable, Sendable {
    /// Ids held, those included that have expired and not been dropped yet.
    package var entries = 0
    /// Slices of time with an id.
    package var partitions = 0
    /// Memory taken, what waits for readers to let go of it included.
    package var bytes = 0
    /// What of it waits for readers to let go of it.
    package var retiredBytes = 0
    /// The hard limit of `bytes`.
    package var limitBytes = 0
    /// Ids that were refused for want of memory. When it rises, revocations are being refused.
    package var refusedInserts = 0
    /// Lookups that the filter let pass and the set refused.
    package var refusedPasses = 0

    package init() {}
}
