internal import Glibc
internal import Synchronization

/// How this machine is reached: its `.local` name and the addresses of its interfaces.
package enum ThisHost {
    /// `NAME.local`, the name mDNS answers to.
    package static func localName() -> String {
        var buffer = [CChar](repeating: 0, count: 256)
        guard unsafe gethostname(&buffer, buffer.count - 1) == 0 else { return "latchkey.local" }
        let name = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let label = name.split(separator: ".").first.map(String.init)?.lowercased() ?? ""
        // It goes into the hub's certificate, which takes ASCII only.
        let isUsable = !label.isEmpty && label != "localhost" && label.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
        return (isUsable ? label : "latchkey") + ".local"
    }

    private struct Look {
        let at: ContinuousClock.Instant
        let addresses: [String]
    }

    private static let lastLook = Mutex<Look?>(nil)

    /// Addresses of interfaces that are up, loopback included, sorted; link-local IPv6 is left out, since without its
    /// scope it names nothing. Up to a second old: requests ask for them, and the kernel takes its time.
    package static func addresses() -> [String] {
        let now = ContinuousClock.now
        if let look = lastLook.withLock({ $0 }), now - look.at < .seconds(1) { return look.addresses }
        let look = Look(at: now, addresses: readAddresses())
        lastLook.withLock { $0 = look }
        return look.addresses
    }

    private static func readAddresses() -> [String] {
        var list: UnsafeMutablePointer<ifaddrs>?
        guard unsafe getifaddrs(&list) == 0 else { return [] }
        defer { unsafe freeifaddrs(list) }
        var found: Set<String> = []
        var next = unsafe list
        while let entry = unsafe next {
            unsafe next = entry.pointee.ifa_next
            guard unsafe entry.pointee.ifa_flags & UInt32(IFF_UP) != 0,
                let address = unsafe entry.pointee.ifa_addr, let text = unsafe text(of: address)
            else { continue }
            found.insert(text)
        }
        return found.sorted()
    }

    private static func text(of address: UnsafeMutablePointer<sockaddr>) -> String? {
        let family = unsafe Int32(address.pointee.sa_family)
        guard family == AF_INET || family == AF_INET6 else { return nil }
        let length = family == AF_INET ? MemoryLayout<sockaddr_in>.size : MemoryLayout<sockaddr_in6>.size
        var buffer = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        guard
            unsafe getnameinfo(
                address, socklen_t(length), &buffer, socklen_t(buffer.count), nil, 0, NI_NUMERICHOST) == 0
        else { return nil }
        let text = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return text.lowercased().hasPrefix("fe80:") ? nil : text
    }
}
