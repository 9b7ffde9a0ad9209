/// Where a server listens.
package enum Endpoint: Sendable, Equatable, Hashable {
    /// TLS over TCP. `host` is a name or an address; a link-local IPv6 address carries its scope (`fe80::1%eth0`).
    case tls(host: String, port: Int)
    /// Plain HTTP over TCP: nobody is authenticated and everybody listens. Only for a host of one's own.
    case plain(host: String, port: Int)
    /// Plain HTTP over a Unix stream socket: the rights of the file are the authentication.
    case unixSocket(path: String)

    /// Value of the `Host` header.
    var authority: String {
        switch self {
        case .unixSocket: "localhost"
        case .tls(let host, let port), .plain(let host, let port):
            // The scope of an address means nothing to the peer and is not allowed in the header (RFC 9110, 7.2).
            (host.contains(":") ? "[\(host.prefix { $0 != "%" })]" : host) + ":\(port)"
        }
    }
}

extension Endpoint: CustomStringConvertible {
    /// As a person would write it.
    package var description: String {
        switch self {
        case .unixSocket(let path): path
        case .tls(let host, let port), .plain(let host, let port):
            host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        }
    }
}
