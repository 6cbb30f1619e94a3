import Glibc

/// A thread of its own for each part of a load: it waits in system calls, which a task must not.
@safe package struct LoadThread: ~Copyable {
    private final class Work {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    private var thread = pthread_t()

    package init(_ body: @escaping @Sendable () -> Void) throws(LoadError) {
        let work = unsafe Unmanaged.passRetained(Work(body))
        let status = unsafe pthread_create(
            &thread, nil,
            { argument in
                guard let argument = unsafe argument else { return nil }
                unsafe Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().body()
                return nil
            }, work.toOpaque())
        guard status == 0 else {
            unsafe work.release()
            throw LoadError("no thread: errno \(status)")
        }
    }

    package consuming func join() {
        pthread_join(thread, nil)
    }
}
