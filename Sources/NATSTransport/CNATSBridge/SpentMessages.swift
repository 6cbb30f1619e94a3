import CNATS

/// Messages that have been answered and are to be freed: at once, where cnats lets that be done on this thread (the shim
/// says how). That is cheapest: their memory is still near, and the next read takes it again.
///
/// Elsewhere together. Such a cnats does not free a message where it is destroyed: it hands it to a thread of its own, and
/// wakes that thread, one system call and two changes of thread a message. Freed together, after the answers have been
/// written, they cost one wake for many, and no answer waits for it.
@safe struct SpentMessages: ~Copyable {
    /// How many are kept at most, and how many bytes.
    struct Limits {
        let count: Int
        let bytes: Int

        /// Of requests: a batch is freed in a few microseconds, and the next request waits no longer for it.
        static let requests = Limits(count: 64, bytes: 64 * 1_024)
        /// Of a handler's own requests, their answers and what it follows: a pause of 0.2 ms is nothing beside a write to
        /// a stream. After every batch the two threads meet at the allocator's lock; a replay of a ledger takes clearly
        /// less processor time with these than with small ones (some 1.4 s a million records for 1.9 s; freed at once, 0.9 s).
        static let own = Limits(count: 4_096, bytes: 1_024 * 1_024)
    }

    private let limits: Limits
    private var messages: [OpaquePointer]
    private var bytes = 0

    init(_ limits: Limits) {
        self.limits = limits
        unsafe messages = []
        unsafe messages.reserveCapacity(1_024)
    }

    deinit {
        for unsafe message in unsafe messages { unsafe token_service_free_message(message) }
    }

    mutating func add(_ message: consuming Message) {
        if token_service_frees_messages_at_once() { return }
        bytes += message.heldBytes
        unsafe messages.append(message.release())
    }

    /// Frees them when there are many, or when `always`.
    mutating func free(always: Bool) {
        guard unsafe always || messages.count >= limits.count || bytes >= limits.bytes else { return }
        for unsafe message in unsafe messages { unsafe token_service_free_message(message) }
        unsafe messages.removeAll(keepingCapacity: true)
        bytes = 0
    }
}
