import Foundation

/// A child process without Foundation's `Process`, whose `waitUntilExit` needs a run loop of its own.
enum ChildProcess {
    /// Starts `arguments[0]` with its output thrown away; returns its process id.
    static func spawn(_ arguments: [String]) throws -> Int32 {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        for descriptor in [Int32(1), 2] {
            unsafe posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_WRONLY, 0)
        }
        // cnats' sockets are not close-on-exec: inherited, they would stay open in a server of another test, and their
        // close would reach nobody.
        for descriptor in Int32(3)..<1_024 { unsafe posix_spawn_file_actions_addclose(&actions, descriptor) }
        var words = unsafe arguments.map { unsafe strdup($0) } + [nil]
        defer { unsafe words.forEach { unsafe free($0) } }
        var process = Int32(0)
        let result = unsafe posix_spawn(&process, arguments[0], &actions, nil, &words, environ)
        guard result == 0 else { throw Loopback.Failure("spawn \(arguments[0])") }
        return process
    }

    /// Runs to the end; returns the exit code, or -1 when a signal ended it.
    static func run(_ arguments: [String]) throws -> Int32 {
        let process = try spawn(arguments)
        var status: Int32 = 0
        while unsafe waitpid(process, &status, 0) < 0 && errno == EINTR {}
        return status & 0x7f == 0 ? (status >> 8) & 0xff : -1
    }

    /// SIGKILL, and waits until it is gone.
    static func kill(_ process: Int32) {
        Foundation.kill(process, SIGKILL)
        var status: Int32 = 0
        while unsafe waitpid(process, &status, 0) < 0 && errno == EINTR {}
    }
}
