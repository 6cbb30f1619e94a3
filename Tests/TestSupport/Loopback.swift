import Foundation
import Synchronization

/// Plain TCP on 127.0.0.1 for tests.
package enum Loopback {
    package struct Failure: Error, CustomStringConvertible {
        package let description: String

        init(_ what: String) {
            description = "\(what): errno \(errno)"
        }
    }

    private static let range = 20_000..<32_000
    private static let next = Atomic(Int.random(in: range))

    /// A port that nobody listens on now, and that this process hands out once only. It lies below the range from which
    /// the kernel picks: while a test's server is down, its port goes neither to another test nor to a connection.
    package static func freePort() throws -> Int {
        for _ in range {
            let number = next.add(1, ordering: .relaxed).oldValue
            let port = range.lowerBound + (number - range.lowerBound) % range.count
            guard let listener = try? listen(port: port) else { continue }
            close(listener.socket)
            return port
        }
        throw Failure("no free port")
    }

    package static func listen(port: Int) throws -> (socket: Int32, port: Int) {
        let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard socket >= 0 else { throw Failure("socket") }
        var one: Int32 = 1
        unsafe setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &one, 4)
        var address = address(port: port)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                unsafe bind(socket, address, length) == 0 && Glibc.listen(socket, 128) == 0
                    && getsockname(socket, address, &length) == 0
            }
        }
        guard bound else {
            defer { close(socket) }
            throw Failure("bind \(port)")
        }
        return (socket, Int(UInt16(bigEndian: address.sin_port)))
    }

    package static func connect(port: Int) throws -> Int32 {
        let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard socket >= 0 else { throw Failure("socket") }
        var address = address(port: port)
        let connected = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                unsafe Glibc.connect(socket, address, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        guard connected else {
            defer { close(socket) }
            throw Failure("connect \(port)")
        }
        var one: Int32 = 1
        unsafe setsockopt(socket, Int32(IPPROTO_TCP), TCP_NODELAY, &one, 4)
        return socket
    }

    private static func address(port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr = in_addr(s_addr: UInt32(0x7f00_0001).bigEndian)
        return address
    }
}
