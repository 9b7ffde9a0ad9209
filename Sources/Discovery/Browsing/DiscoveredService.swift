/// A service of the network, resolved.
package struct DiscoveredService: Sendable, Equatable {
    /// Instance name, such as `idprov #2`.
    package var name: String
    /// Service type, such as `_idprov._tcp`.
    package var type: String
    /// The host that offers it, such as `gateway.local`.
    package var hostName: String
    /// Addresses to try, best first: IPv4, global IPv6, link-local with `%interface`, loopback. Never empty.
    package var addresses: [String]
    /// TCP port.
    package var port: UInt16
    /// TXT strings; their order depends on the version of Avahi. Bytes that are no UTF-8 became U+FFFD.
    package var txt: [String]
    /// Index of the interface the first address was heard on.
    package var interfaceIndex: Int32

    /// - Parameter addresses: best first.
    package init(
        name: String, type: String, hostName: String, addresses: [String], port: UInt16, txt: [String],
        interfaceIndex: Int32
    ) {
        self.name = name
        self.type = type
        self.hostName = hostName
        self.addresses = addresses
        self.port = port
        self.txt = txt
        self.interfaceIndex = interfaceIndex
    }
}
