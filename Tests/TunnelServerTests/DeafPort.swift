import Glibc

/// A port of the device whose program takes connections when it wants to, and reads when it wants to.
final class DeafPort: Sendable {
    let port: Int
    private let listener: Int32

    /// - Parameter backlog: connections the kernel takes before the program does, and one.
    init(backlog: Int32 = 8) throws {
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var size: Int32 = 4096
        unsafe setsockopt(listener, SOL_SOCKET, SO_RCVBUF, &size, 4)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let (listener, bytes) = (self.listener, length)
        try unsafe withUnsafeMutablePointer(to: &address) { address in
            try unsafe address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                guard unsafe bind(listener, address, bytes) == 0, unsafe getsockname(listener, address, &length) == 0
                else {
                    throw Failed()
                }
            }
        }
        port = Int(UInt16(bigEndian: address.sin_port))
        guard listen(listener, backlog) == 0 else { throw Failed() }
    }

    deinit { close(listener) }

    /// Waits until somebody tries to connect whom the kernel does not answer (`SYN_SENT` in its table).
    func waitForAttempt() async throws {
        let address = "0100007F:" + String(port, radix: 16, uppercase: true)
        while true {
            let isTried = Self.connections().split(separator: "\n").contains { line in
                let fields = line.split(separator: " ")
                return fields.count > 3 && fields[2] == address && fields[3] == "02"
            }
            if isTried { return }
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    /// The kernel's table of TCP connections, which has no size that a reader of files could ask for.
    private static func connections() -> String {
        let table = unsafe open("/proc/net/tcp", O_RDONLY | O_CLOEXEC)
        defer { close(table) }
        var (all, part) = ([UInt8](), [UInt8](repeating: 0, count: 1 << 16))
        while case let count = unsafe read(table, &part, part.count), count > 0 { all += part[..<count] }
        return String(decoding: all, as: UTF8.self)
    }

    /// The next connection, within a minute.
    func next() throws -> Int32 {
        var wait = pollfd(fd: listener, events: Int16(POLLIN), revents: 0)
        guard unsafe poll(&wait, 1, 60_000) == 1 else { throw Failed() }
        return accept(listener, nil, nil)
    }

    /// Whether a connection's other end closes it within a minute.
    func ends(_ connection: Int32) -> Bool {
        var wait = pollfd(fd: connection, events: Int16(POLLIN), revents: 0)
        var byte: UInt8 = 0
        return unsafe poll(&wait, 1, 60_000) == 1 && recv(connection, &byte, 1, 0) <= 0
    }

    struct Failed: Error {}
}
