package import HubHTTP
package import TunnelServer

/// What can be configured of tunnels.
package struct TunnelConfiguration: Sendable, Equatable {
    /// Whether any of the tunnel listeners opens.
    package var isEnabled = true
    /// Rendezvous over WebSocket; `nil` when off.
    package var webSocket: ListenAddress? = .tcp(host: "::", port: 1212)
    /// Rendezvous over TCP; `nil` when off.
    package var tcp: ListenAddress? = .tcp(host: "::", port: 1213)
    /// Tunnel proxy over WebSocket; `nil` when off.
    package var proxyWebSocket: ListenAddress? = .tcp(host: "::", port: 2212)
    /// Tunnel proxy over TCP; `nil` when off.
    package var proxyTCP: ListenAddress? = .tcp(host: "::", port: 2213)
    /// Unix socket of the rendezvous; `nil` when off.
    package var unix: ListenAddress?
    /// Unix socket of the tunnel proxy; `nil` when off.
    package var proxyUnix: ListenAddress?
    /// Unix socket of monitors, an empty path for the state folder's; `nil` when off.
    package var monitor: ListenAddress? = .unix(path: "")
    /// What the server calls itself.
    package var name = "latchkey"
    /// Over how many seconds connections end that were made under an earlier certificate of the hub; 0: at once.
    package var drainSeconds = TunnelSettings().drainSeconds
    /// Milliseconds a call may take (docs/protocols/tunnel.md A8, as are the next three).
    package var jsonRPCTimeoutMilliseconds = 10_000
    /// Milliseconds the check of a token may take.
    package var authenticationTimeoutMilliseconds = 8000
    /// Milliseconds a connection may say nothing before it has proved its right.
    package var inactiveTimeoutMilliseconds = 8000
    /// Milliseconds an end waits for its partner.
    package var aloneTimeoutMilliseconds = 8000
    /// Connections to all its listeners together.
    package var places = 25_000
    /// Connections of one source; 0: as many as it likes.
    package var perAddress = 256
    /// Bounds on who was admitted.
    package var limits = TunnelLimits()
    /// Whether every client that knows a server's UUID may reach it.
    package var admitsAnyClient = false
    /// Whether everybody on loopback and Unix sockets is admitted.
    package var isMock = false

    package init() {}
}

extension ConfigurationKey {
    /// Keys of the tunnel server.
    static let tunnel: [ConfigurationKey] = [
        flag("tunnel.enabled", "open the tunnel listeners", \.tunnels.isEnabled),
        listener("listen.tunnelWebSocket", "tunnel rendezvous over WebSocket: HOST:PORT or off", \.tunnels.webSocket),
        listener("listen.tunnelTCP", "tunnel rendezvous over TCP: HOST:PORT or off", \.tunnels.tcp),
        socket("listen.tunnelUnix", "Unix socket of the tunnel rendezvous: a path or off", \.tunnels.unix),
        listener("listen.proxyWebSocket", "tunnel proxy over WebSocket: HOST:PORT or off", \.tunnels.proxyWebSocket),
        listener("listen.proxyTCP", "tunnel proxy over TCP: HOST:PORT or off", \.tunnels.proxyTCP),
        socket("listen.proxyUnix", "Unix socket of the tunnel proxy: a path or off", \.tunnels.proxyUnix),
        socket("listen.monitor", "Unix socket of tunnel monitors: a path or off", \.tunnels.monitor),
        text("tunnel.name", "what the tunnel server calls itself", \.tunnels.name, check: notEmpty(64)),
        number("tunnel.total", "connections to the tunnel server", \.tunnels.places, 2...60_000),
        number(
            "tunnel.perAddress", "connections per source to the tunnel server; 0 = unlimited",
            \.tunnels.perAddress, 0...60_000),
        number("tunnel.perToken", "connections with one token", \.tunnels.limits.perToken, 1...60_000),
        number(
            "tunnel.perDevice", "connections to one device; of its own, as many again", \.tunnels.limits.perDevice,
            1...60_000),
        number(
            "tunnel.bytesPerSecond", "what each end may send through its tunnel in a second; 0: no limit",
            \.tunnels.limits.bytesPerSecond, 0...1_000_000_000),
        number(
            "tunnel.drainSeconds",
            "over how many seconds tunnels made under an earlier certificate of the hub end; 0: at once",
            \.tunnels.drainSeconds, 0...3600),
        milliseconds("tunnel.jsonRPCTimeoutMilliseconds", "a call", \.tunnels.jsonRPCTimeoutMilliseconds),
        milliseconds(
            "tunnel.authenticationTimeoutMilliseconds", "the check of a token",
            \.tunnels.authenticationTimeoutMilliseconds),
        milliseconds(
            "tunnel.inactiveTimeoutMilliseconds", "the silence of a connection that has proved nothing",
            \.tunnels.inactiveTimeoutMilliseconds),
        milliseconds(
            "tunnel.aloneTimeoutMilliseconds", "the wait for a partner", \.tunnels.aloneTimeoutMilliseconds),
        flag(
            "tunnel.openClients", "let every client that knows a server's UUID reach it without token or certificate",
            \.tunnels.admitsAnyClient),
        flag(
            "tunnel.mockAuthenticator", "admit everybody who comes over loopback: for trying things out only",
            \.tunnels.isMock),
    ]

    /// A time limit, in milliseconds as the original's file has them.
    private static func milliseconds(
        _ name: String, _ what: String, _ path: any WritableKeyPath<HubConfiguration, Int> & Sendable
    ) -> ConfigurationKey {
        number(name, "time limit of \(what) in ms, 100 to 3600000", path, 100...3_600_000)
    }
}
