internal import Glibc

extension NetworkView {
    /// Prefixes that are looked at.
    private static let rangeLimit = 1024

    /// What the kernel says now. Takes a moment: not for an event loop. What can't be had is left out.
    package static func current() -> NetworkView {
        var view = NetworkView()
        view.readInterfaces()
        view.links = NeighbourSocket()?.links() ?? [:]
        return view
    }

    /// Addresses and prefixes of the interfaces that are up (getifaddrs(3)).
    private mutating func readInterfaces() {
        var list: UnsafeMutablePointer<ifaddrs>?
        guard unsafe getifaddrs(&list) == 0 else { return }
        defer { unsafe freeifaddrs(list) }
        var next = unsafe list
        while let entry = unsafe next, ranges.count < Self.rangeLimit {
            unsafe next = entry.pointee.ifa_next
            guard unsafe entry.pointee.ifa_flags & UInt32(IFF_UP) != 0,
                let address = unsafe Self.address(entry.pointee.ifa_addr), !address.isLoopback
            else { continue }
            own.insert(address)
            guard let mask = unsafe Self.address(entry.pointee.ifa_netmask) else { continue }
            let length = mask.high.nonzeroBitCount + mask.low.nonzeroBitCount
            // Of an IPv4 mask, the 16 bits in front of it in the mapped form stand for 96.
            ranges.append(NetworkRange(around: address, length: address.isIPv4 ? length + 80 : length))
        }
    }

    private static func address(_ pointer: UnsafeMutablePointer<sockaddr>?) -> SourceAddress? {
        guard let pointer = unsafe pointer else { return nil }
        let structure = UnsafeRawPointer(pointer)
        let family = unsafe structure.loadUnaligned(as: sa_family_t.self)
        // Of other families fewer bytes may be there than an IPv6 address has.
        let size = Int32(family) == AF_INET ? MemoryLayout<sockaddr_in>.size : MemoryLayout<sockaddr_in6>.size
        guard Int32(family) == AF_INET || Int32(family) == AF_INET6 else { return nil }
        return SourceAddress(socketAddress: unsafe Array(UnsafeRawBufferPointer(start: structure, count: size)))
    }
}

extension SourceAddress {
    /// The address in a `sockaddr_in` (ip(7)) or `sockaddr_in6` (ipv6(7)), for which family and port, and flow, come
    /// first.
    init?(socketAddress bytes: [UInt8]) {
        guard bytes.count >= 2 else { return nil }
        switch unsafe Int32(bytes.withUnsafeBytes { unsafe $0.loadUnaligned(as: sa_family_t.self) }) {
        case AF_INET where bytes.count >= 8: self.init(bytes: bytes[4..<8])
        case AF_INET6 where bytes.count >= 24: self.init(bytes: bytes[8..<24])
        default: return nil
        }
    }
}

/// A socket to the kernel's routing tables (netlink(7)); closed with the value.
private struct NeighbourSocket: ~Copyable {
    /// What one read may bring; the kernel fills at most 32 KiB.
    private static let readSize = 65_536
    /// Reads of one answer: with some 80 bytes an entry more than ``NeighbourMessages`` keeps.
    private static let readLimit = 4096

    private let descriptor: Int32

    /// `nil` when the kernel or a sandbox gives none.
    init?() {
        descriptor = socket(AF_NETLINK, Int32(SOCK_RAW.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return nil }
        // The kernel has its answer at once; should it not, nobody waits forever.
        var patience = timeval(tv_sec: 1, tv_usec: 0)
        _ = unsafe setsockopt(
            descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit { close(descriptor) }

    /// The neighbour table, IPv4 and IPv6; empty when it can't be had.
    func links() -> [SourceAddress: LinkAddress] {
        var messages = NeighbourMessages(sequence: 1)
        let question = messages.question
        guard unsafe send(descriptor, question, question.count, 0) == question.count else { return [:] }
        var buffer = [UInt8](repeating: 0, count: Self.readSize)
        for _ in 0..<Self.readLimit {
            let count = unsafe recv(descriptor, &buffer, buffer.count, 0)
            guard count > 0 else { break }
            guard messages.read(Array(buffer[..<count])) == .unfinished else { break }
        }
        return messages.links
    }
}
