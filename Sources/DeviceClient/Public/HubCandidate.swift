internal import Wire

/// A hub that may be asked: found on the network or named by its address. Nothing about it is proven yet.
public struct HubCandidate: Sendable, Equatable, Hashable {
    /// DNS-SD instance name, or the address it was given by.
    public let name: String
    /// Address or host name.
    public let host: String
    /// TCP port.
    public let port: Int
    /// Path of its directory.
    public let path: String

    /// Makes a candidate.
    public init(name: String, host: String, port: Int, path: String) {
        self.name = name
        self.host = host
        self.port = port
        self.path = path
    }

    var location: HTTPSLocation { HTTPSLocation(host: host, port: port, path: path) }
    var authority: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

extension HubCandidate: CustomStringConvertible {
    /// Name and address.
    public var description: String { name == authority ? name : "\(name) (\(authority))" }
}
