internal import HubHTTP

extension ConfigurationKey {
    /// Keys of who may open a connection.
    static let connections: [ConfigurationKey] = [
        number(
            "listen.perAddress", "connections per source to listen.https and to listen.pki; 0 = unlimited",
            \.sources.perAddress, 0...60_000),
        number(
            "listen.perAddressLoopback",
            "connections per address of the hub itself to each TCP listener; 0 = unlimited",
            \.sources.perAddressLoopback, 0...60_000),
        ConfigurationKey(
            name: "listen.trustedNetworks", kind: .texts,
            meaning: "networks of a NAT or reverse proxy, whose addresses may have any number of connections",
            apply: { configuration, value in
                let networks = value.texts.map(NetworkRange.init)
                configuration.sources.trustedNetworks = networks.compactMap(\.self)
                return networks.contains(nil) ? "must be networks, such as 192.0.2.0/24 or 2001:db8::/64" : nil
            }, show: { $0.sources.trustedNetworks.map(\.description).joined(separator: ",") }),
    ]
}
