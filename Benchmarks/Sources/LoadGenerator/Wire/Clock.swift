import Glibc

/// Nanoseconds of the monotonic clock: 20 ns a reading, so the loops read it once a batch.
func monotonicNanoseconds() -> UInt64 {
    var now = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &now)
    return UInt64(now.tv_sec) * 1_000_000_000 + UInt64(now.tv_nsec)
}

/// What the calling thread has had of the processor.
func threadNanoseconds() -> UInt64 {
    var used = timespec()
    unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used)
    return UInt64(used.tv_sec) * 1_000_000_000 + UInt64(used.tv_nsec)
}
