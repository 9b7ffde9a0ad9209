internal import Files
internal import Glibc

/// The machine's network interfaces, for the one line an operator recognises a waiting device by.
enum NetworkInterface {
    /// Hardware address of the interface that has this IP address, as `AA:BB:CC:DD:EE:FF`; nil when there is none.
    static func hardwareAddress(of address: String) -> String? {
        guard !address.isEmpty, let name = name(of: address), !name.contains("/"),
            let text = try? SecureFile.read("/sys/class/net/\(name)/address")
        else { return nil }
        let hardware = text.filter { $0 == ":" || $0.isHexDigit }.uppercased()
        return hardware.utf8.count == 17 && hardware != "00:00:00:00:00:00" ? hardware : nil
    }

    private static func name(of address: String) -> String? {
        let wanted = address.prefix { $0 != "%" }
        var list: UnsafeMutablePointer<ifaddrs>?
        guard unsafe getifaddrs(&list) == 0 else { return nil }
        defer { unsafe freeifaddrs(list) }
        var next = unsafe list
        while let entry = unsafe next {
            if unsafe text(of: entry.pointee.ifa_addr) == String(wanted) {
                return unsafe String(cString: entry.pointee.ifa_name)
            }
            unsafe next = entry.pointee.ifa_next
        }
        return nil
    }

    private static func text(of socketAddress: UnsafeMutablePointer<sockaddr>?) -> String? {
        guard let socketAddress = unsafe socketAddress else { return nil }
        let family = unsafe Int32(socketAddress.pointee.sa_family)
        guard family == AF_INET || family == AF_INET6 else { return nil }
        let length = family == AF_INET ? MemoryLayout<sockaddr_in>.size : MemoryLayout<sockaddr_in6>.size
        var host = [CChar](repeating: 0, count: 64)
        let result = unsafe getnameinfo(
            socketAddress, socklen_t(length), &host, socklen_t(host.count), nil, 0, NI_NUMERICHOST)
        guard result == 0 else { return nil }
        let bytes = host.prefix { $0 != 0 && $0 != CChar(bitPattern: UInt8(ascii: "%")) }
        return String(decoding: bytes.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
