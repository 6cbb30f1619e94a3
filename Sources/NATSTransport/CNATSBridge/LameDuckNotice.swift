import CNATS
import Synchronization

/// A server's word that it will stop ("lame duck") comes on a thread of cnats', at any time, even after the connection
/// is gone. So cnats is given a number and not a pointer, as for `ServerErrors`. The signals are told under the lock:
/// once this value is gone, nobody is in the middle of it, and the descriptor that it writes to may be closed.
struct LameDuckNotice: ~Copyable {
    private struct Listeners {
        var next: UInt = 1
        var byNumber: [UInt: SessionSignals] = [:]
    }

    private static let listeners = Mutex(Listeners())
    private let number: UInt

    init(to signals: SessionSignals) {
        number = Self.listeners.withLock { listeners in
            defer { listeners.next += 1 }
            listeners.byNumber[listeners.next] = signals
            return listeners.next
        }
    }

    deinit {
        Self.listeners.withLock { _ = $0.byNumber.removeValue(forKey: number) }
    }

    func install(into options: borrowing ConnectionOptions) {
        _ = unsafe natsOptions_SetLameDuckModeCB(
            options.raw,
            { _, closure in
                let number = UInt(bitPattern: closure)
                LameDuckNotice.listeners.withLock { $0.byNumber[number]?.serverWillStop() }
            }, UnsafeMutableRawPointer(bitPattern: number))
    }
}
