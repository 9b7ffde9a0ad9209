internal import Glibc
internal import HubHTTP
internal import Issuing

/// Works out, before anything listens, where others will reach the listener of CRL and OCSP: it goes into every
/// certificate.
enum PublicationAddress {
    /// The listener's address, with a free port chosen where the configuration leaves it open, and what to publish.
    ///
    /// - Parameter hostName: how the hub is reached when the listener waits at every address.
    static func resolve(
        _ configuration: HubConfiguration, hostName: String
    ) -> (address: ListenAddress?, publication: Publication?) {
        guard case .tcp(let host, let given) = configuration.pki else {
            let url = configuration.publicationURL
            return (nil, url.isEmpty ? nil : Publication(base: url))
        }
        let port = given == 0 ? freePort(host) : given
        let address = ListenAddress.tcp(host: host, port: port)
        guard configuration.publicationURL.isEmpty else {
            return (address, Publication(base: configuration.publicationURL))
        }
        let isEverywhere = host == "::" || host == "0.0.0.0"
        let name = isEverywhere ? configuration.hostNames.first ?? hostName : host
        let authority = name.contains(":") ? "[\(name)]" : name
        return (address, Publication(base: "http://\(authority):\(port)"))
    }

    /// A port nobody listens on now; 0 when there is none to be had, which the listener will then report.
    private static func freePort(_ host: String) -> Int {
        var hints = unsafe addrinfo()
        unsafe hints.ai_flags = AI_NUMERICHOST
        unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        guard unsafe getaddrinfo(host, "0", &hints, &list) == 0, let first = unsafe list else { return 0 }
        defer { unsafe freeaddrinfo(list) }
        let descriptor = unsafe socket(first.pointee.ai_family, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { return 0 }
        defer { close(descriptor) }
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        guard unsafe bind(descriptor, first.pointee.ai_addr, first.pointee.ai_addrlen) == 0 else { return 0 }
        return unsafe withUnsafeMutablePointer(to: &storage) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                guard unsafe getsockname(descriptor, address, &length) == 0 else { return 0 }
                return unsafe address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
                    // The port is at the same place for IPv4 and IPv6.
                    unsafe Int(UInt16(bigEndian: $0.pointee.sin_port))
                }
            }
        }
    }
}
