import CNATS

/// Messages that have been answered and wait to be freed together.
///
/// cnats does not free a message where it is destroyed: it hands it to a thread of its own, and wakes that thread, one
/// system call and two changes of thread a message. Freed together, after the answers have been written, they cost
/// one wake for many, and no answer waits for it.
@safe struct SpentMessages: ~Copyable {
    /// How many are kept at most, and how many payload bytes.
    private static let countLimit = 64
    private static let byteLimit = 64 * 1_024

    private var messages: [OpaquePointer]
    private var bytes = 0

    init() {
        unsafe messages = []
        unsafe messages.reserveCapacity(1_024)
    }

    deinit {
        for unsafe message in unsafe messages { unsafe natsMsg_Destroy(message) }
    }

    mutating func add(_ message: consuming Message) {
        bytes += message.payload.byteCount
        unsafe messages.append(message.release())
    }

    /// Frees them when there are many, or when `always`.
    mutating func free(always: Bool) {
        guard unsafe always || messages.count >= Self.countLimit || bytes >= Self.byteLimit else { return }
        for unsafe message in unsafe messages { unsafe natsMsg_Destroy(message) }
        unsafe messages.removeAll(keepingCapacity: true)
        bytes = 0
    }
}
